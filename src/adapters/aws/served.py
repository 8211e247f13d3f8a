"""What a caller asks for in, the candidates it gets out: a page of a channel, or customers each with their own."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from adapters.aws.customer_candidates import CustomerCandidates
from adapters.aws.opt_outs import OptOuts
from adapters.aws.ranking import Ranking
from domain.solicitation.listing import PAGE, Cursor, Listing, Position
from domain.solicitation.program import Program
from domain.solicitation.serving import SHOWN, NotThere, OptOut, of_customer, shown

MOST_BYTES = 2_500_000  # of a page: Lambda's 6 MB hold it even where each byte of it has to be escaped
ALL = 1_000_000
READ = ("SK", "channel", "status", "programId", *SHOWN)


@dataclass(frozen=True)
class Served:
    """`programs` are those that are deployed, by id. Unavailable: the tables cannot be read now."""

    programs: Mapping[str, Program]
    ranking: Ranking
    candidates: CustomerCandidates
    opt_outs: OptOuts
    pool: Executor

    def program(self, id: str) -> Program:
        """NotThere: no such program is deployed; the text names those that are."""
        if id not in self.programs:
            raise NotThere(f"there is no program {id!r}", "program", f"name one of: {', '.join(sorted(self.programs))}")
        return self.programs[id]

    def channel(self, id: str, program: str | None) -> str:
        """NotThere: the program (without one: no program) has such a channel; the text names those there are."""
        programs = self.programs.values() if program is None else [self.program(program)]
        there = sorted({channel.id for one in programs for channel in one.channels})
        if id not in there:
            raise NotThere(f"there is no channel {id!r}", "channel", f"name one of: {', '.join(there)}")
        return id

    def voice(self, program: str, channel: str) -> Program:
        """The program, if people can answer it by voice on this channel. NotThere: it has no such channel, or none for voice."""
        asking = self.program(program)
        there = sorted(one.id for one in asking.channels if one.kind == "voice")
        if channel not in there:
            mend = f"name one of: {', '.join(there)}" if there else "the program has none"
            raise NotThere(f"there is no voice channel {channel!r}", "body.channel", mend)
        return asking

    def subjects(self, customer: str, program: str, channel: str, now: datetime) -> set[str]:
        """What a customer may be asked about on this channel."""
        found = self.of_customers([customer], program=program, channel=channel, limit=ALL, now=now)
        return {candidate["subject"] for candidate in found[customer]}

    def of_channel(self, listing: Listing, cursor: Cursor | None, now: datetime) -> dict[str, Any]:
        """The listing's next page, its candidates as JSON already; a `cursor` if there are more."""
        given, after = (cursor.given, cursor.position) if cursor else (0, None)
        size = min(PAGE, listing.limit - given)
        best = self.ranking.top(
            self.program(listing.program),
            self.channel(listing.channel, listing.program),
            min_score=listing.min_score,
            now=now,
            attributes=SHOWN,
            after=after,
            expected=size + 1,  # one more tells whether there is a next page
        )
        found = list(islice(best, size + 1))
        count, page = fitting([shown(item) for item in found[:size]])
        more = count < len(found) and given + count < listing.limit
        last = Position(found[count - 1]["GSI1SK"], found[count - 1]["PK"]) if more else None
        return {
            "candidates": orjson.Fragment(page),
            "cursor": Cursor(given + count, last).to_text(listing) if last else None,
        }

    def of_customers(
        self, customers: Sequence[str], *, program: str | None, channel: str | None, limit: int, now: datetime
    ) -> dict[str, list[dict[str, Any]]]:
        """Every customer with its own candidates, best first, perhaps none; those opted out of get none."""
        programs = self.programs.keys() if program is None else {self.program(program).id}
        if channel is not None:
            self.channel(channel, program)
        opt_outs = self.opt_outs.standing(customers, sorted(programs))

        def one(customer: str, opt_out: OptOut) -> list[dict[str, Any]]:
            items = self.candidates.read(customer, program, READ)
            return of_customer(items, now=now, opt_out=opt_out, programs=programs, channel=channel, limit=limit)

        if len(opt_outs) == 1:
            return {customer: one(customer, opt_out) for customer, opt_out in opt_outs.items()}
        return dict(zip(opt_outs, self.pool.map(one, opt_outs.keys(), opt_outs.values()), strict=True))


def fitting(candidates: list[dict[str, Any]]) -> tuple[int, bytes]:
    """As many of the first candidates as one answer holds, one at least, and their JSON."""
    count = len(candidates)
    while len(page := orjson.dumps(candidates[:count])) > MOST_BYTES and count > 1:
        count //= 2
    return count, page
