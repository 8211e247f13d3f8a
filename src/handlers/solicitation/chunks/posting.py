"""Reserved recipients in, calls to SES at the shared rate out: each call's mails marked before it, and settled after it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from adapters.aws.mailer import MAILS_A_CALL, Letter, Said
from adapters.aws.outcomes import Outcome
from adapters.aws.reservations import MARKED_AT_ONCE
from domain.errors import Unavailable, Unknown
from domain.solicitation.delivery import OPTED_OUT
from domain.solicitation.pacing import Grant
from domain.solicitation.sending import LEASE, Facts, Fate, fate, refusal
from handlers.solicitation.chunks.reserving import ROUNDS, Reserved, give_back
from handlers.solicitation.chunks.work import Chunk, Desk

# done: nobody is left. stopped: by the kill switch. later: throttled, or out of time. held: the account may not send.
# spent: today's quota is.
End = Literal["done", "stopped", "later", "held", "spent"]
TRIES = 5  # calls in a row of which nothing was accepted
MOST = min(MAILS_A_CALL, MARKED_AT_ONCE)
Row = dict[str, Any]


@dataclass
class Posting:
    """What is left to send of a chunk, and how the sending goes. `most` mails go into the next call."""

    chunk: Chunk
    desk: Desk
    left: list[Reserved]
    letters: dict[str, Letter]
    most: int = MOST
    tried: int = 0
    halted: End | None = None

    def run(self) -> End:
        """Send until nobody is left, or something ends it; who is left then is still reserved, and in our hands."""
        while self.left:
            if end := self._obstacle():
                return end
            account = self.desk.mailer.account()
            wanted = min(self.most, len(self.left), self.most if account.left is None else account.left)
            grant = self.desk.window.book(wanted, account.rate, patience=self.chunk.clock.left)
            if grant is None:
                return "later"
            self._post(grant, account.rate)
            if self.tried:
                self.desk.backoff.wait(self.tried)
        return "done"

    def _obstacle(self) -> End | None:
        """What forbids the next call."""
        if self.desk.kill_switch.stopped():
            return "stopped"
        account = self.desk.mailer.account()
        if not account.enabled or account.rate <= 0:
            return "held"
        if account.left == 0:
            return "spent"
        return self.halted or ("later" if self.chunk.clock.left <= 0 or self.tried >= TRIES else None)

    def _post(self, grant: Grant, rate: float) -> None:
        """Mark the next mails, wait for their instant, call, and write down what came of each."""
        some, self.left = self.left[: grant.count], self.left[grant.count :]
        marked = self.desk.reservations.mark([one.row for one in some], self.chunk.clock.now)
        for one in _of(some, marked.opted_out):
            withdraw(one, self.chunk, self.desk)
        sending = _of(some, marked.rows)
        if not sending:
            return
        if not self._in_time(grant, len(sending), rate):
            self.tried += 1
            self._settle([(one, "again", "") for one in sending])
            return
        said = self._call(sending)
        self._settle([(one, fate(word.status), word.message_id) for one, word in zip(sending, said, strict=True)])
        self._heed(said)

    def _in_time(self, grant: Grant, mails: int, rate: float) -> bool:
        """Wait for the grant; one that went by while the mails were marked is booked anew. False: there is no rate to be had."""
        for _ in range(TRIES):
            if self.desk.window.wait(grant):
                return True
            try:
                anew = self.desk.window.book(mails, rate, least=mails, patience=self.chunk.clock.left)
            except Unavailable:
                return False
            if anew is None:
                return False
            grant = anew
        return False

    def _call(self, sending: Sequence[Reserved]) -> list[Said]:
        letters = [self.letters[one.recipient.delivery] for one in sending]
        try:
            return self.desk.mailer.send(self.chunk.record["sender"], letters)
        except Unknown:
            return [Said("UNKNOWN")] * len(sending)

    def _settle(self, fates: Sequence[tuple[Reserved, Fate, str]]) -> None:
        """Write down what came of marked mails. Unavailable: it cannot be; what was sent is then unknown, till its event comes."""
        moved = self.chunk.tally.moved
        outcomes = [_outcome(one.row, name, id, self.chunk) for one, name, id in fates if name != "refused"]
        written = self.desk.outcomes.record(outcomes)
        rows = [outcome.after for outcome in written]
        self.left += _of([one for one, *_ in fates], [row for row in rows if row["status"] == "RESERVED"])
        moved["Sent"] += sum(row["status"] == "SENT" for row in rows)
        moved["Unknown"] += sum(row["status"] == "UNKNOWN" for row in rows)
        for one, name, _ in fates:
            if name == "refused":
                repeat(one, partial(self.desk.reservations.refuse, one.row), self.chunk, self.desk)
                moved["Failed"] += 1

    def _heed(self, said: Sequence[Said]) -> None:
        """What a call's words mean for the calls to come."""
        words = [word.status for word in said]
        fates = set(map(fate, words))
        self.tried = 0 if fates & {"sent", "smaller", "refused"} else self.tried + 1
        self.halted = "held" if "held" in fates else "spent" if "spent" in fates else None
        self.most = max(1, len(said) // 2) if "smaller" in fates else self.most
        if throttled := words.count("ACCOUNT_THROTTLED"):
            self.chunk.tally.moved["Throttled"] += throttled
            self.desk.mailer.account(anew=True)  # the rate may have been cut, or the day's quota be spent


def _outcome(row: Row, name: Fate, message_id: str, chunk: Chunk) -> Outcome:
    at = chunk.clock.now
    if name == "sent":
        return Outcome.sent(row, message_id, at)
    return Outcome.unknown(row, at) if name == "unknown" else Outcome.not_sent(row, at + LEASE)


def _of(some: Sequence[Reserved], rows: Sequence[Row]) -> list[Reserved]:
    """Those whose rows these are, as they now stand."""
    now = {row["id"]: row for row in rows}
    return [replace(one, row=now[one.row["id"]]) for one in some if one.row["id"] in now]


def withdraw(one: Reserved, chunk: Chunk, desk: Desk) -> None:
    """Give back a reservation whose customer has just opted out."""

    def skip(facts: Facts) -> bool:
        reason = refusal(one.recipient, facts, chunk.clock.now) or OPTED_OUT
        return give_back(one.row, reason, facts, chunk, desk)

    repeat(one, skip, chunk, desk)


def repeat(one: Reserved, change: Callable[[Facts], bool], chunk: Chunk, desk: Desk) -> None:
    """Make a change that depends on what stands, until it was made on what stood. Unavailable: it never was."""
    for tried in range(ROUNDS):
        facts = desk.facts.of([one.recipient], chunk.program)
        if change(facts[one.recipient.delivery]):
            return
        desk.backoff.wait(tried)
    raise Unavailable(f"delivery {one.recipient.delivery} kept changing")
