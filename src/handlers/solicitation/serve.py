"""HTTP API (IAM) -> candidates of a channel or of customers, opt-outs, and what was said to a voice channel."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from adapters.aws.answers import Answers
from adapters.aws.batch_items import Backoff
from adapters.aws.customer_candidates import CustomerCandidates
from adapters.aws.opt_outs import OptOuts
from adapters.aws.quick_bodies import quicken
from adapters.aws.ranking import Ranking
from adapters.aws.run_programs import deployed_programs
from adapters.aws.score_cache import ScoreCache
from adapters.aws.served import MOST_BYTES, Served
from adapters.aws.session import QUICK, client, dynamodb
from adapters.http.calls import asked, canonical, instant
from adapters.http.serving_api import app
from domain.errors import OvationError
from domain.solicitation.answer import Answer, Opinion, Submitted
from domain.solicitation.last_good import LastGood
from domain.solicitation.listing import Cursor, Listing
from domain.solicitation.serving import NotThere, TooMuch, without_expired
from domain.solicitation.stored import iso
from handlers.solicitation.delivery_settings import ServeSettings

NAMESPACE = "Ovation/Solicitation"
AT_ONCE = 16  # queries under way
# An answer that is late is worth less than a kept one; a query takes milliseconds.
QUERY = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
PATIENCE = Backoff(tries=3, base=0.02, most=0.1)

logger = Logger(service="serve")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(event, context, **live())


@cache
def live() -> dict[str, Any]:
    env = ServeSettings.from_env()
    config = QUICK.merge(QUERY).merge(Config(max_pool_connections=AT_ONCE))
    reads, writes, pool = quicken(client("dynamodb", config)), dynamodb(), ThreadPoolExecutor(AT_ONCE)
    tables = (env.candidates_table, env.customers_table, env.deliveries_table, env.responses_table, env.subjects_table)
    return {
        "served": Served(
            deployed_programs(Path(__file__).parents[2] / env.programs),
            Ranking(reads, env.candidates_table, pool),
            CustomerCandidates(reads, env.candidates_table),
            OptOuts(reads, env.customers_table, env.candidates_table, PATIENCE),
            pool,
        ),
        "scores": ScoreCache(writes, env.score_cache_table),
        "answers": Answers(writes, *tables),
        "last_good": LastGood(),
    }


def serve(
    event: Mapping[str, Any], context: Any, *, served: Served, scores: ScoreCache, answers: Answers, last_good: LastGood
) -> dict[str, Any]:
    """Answer one call: 4xx is for the caller to mend, 503 for time; what cannot be read is told as it was of late."""
    begun = perf_counter()
    whole = canonical(event)
    desk = Desk(instant(event), asked(whole), served, scores, answers, last_good)
    app.context.update(desk=desk)
    status = 500  # unless there is an answer
    try:
        response = app.resolve(whole, context)
        status = response["statusCode"]
    finally:
        measure(event["routeKey"], status, desk.degraded, perf_counter() - begun)
    return response


@dataclass
class Desk:
    """One call under way: `question` tells it from others. Each method is one operation of the API."""

    now: datetime
    question: tuple[Any, ...]
    served: Served
    scores: ScoreCache
    answers: Answers
    last_good: LastGood
    degraded: bool = False

    def of_channel(self, listing: Listing, cursor: Cursor | None) -> bytes:
        page = self.served.of_channel(listing, cursor, self.now)
        return self._told({"program": listing.program, "channel": listing.channel, **page})

    def of_customer(self, customer: str, **asked: Any) -> bytes:
        found = self.served.of_customers([customer], now=self.now, **asked)
        return self._told({"customer": customer, "candidates": found[customer]})

    def of_customers(self, customers: Sequence[str], **asked: Any) -> bytes:
        found = self.served.of_customers(customers, now=self.now, **asked)
        body = self._told({"customers": found})
        if len(body) > MOST_BYTES:
            raise TooMuch("the answer would be too large", "body", "ask for fewer customers, or set a lower limit")
        return body

    def delete(self, customer: str) -> dict[str, Any]:
        self._forget(customer)
        found = self.served.candidates.read(customer, attributes=("subject",))
        # Scores go first: after a crash the candidates still tell which there are.
        scores = self.scores.forget((customer, item["subject"]["id"]) for item in found if item)
        deleted = {"customer": customer, "scores": scores, "candidates": self.served.candidates.delete(customer)}
        logger.info("customer deleted", extra=deleted)
        return deleted

    def opt_out(self, customer: str, program: str | None) -> dict[str, Any]:
        return self._opt(customer, program, lambda: self.served.opt_outs.opt_out(customer, program, self.now))

    def opt_in(self, customer: str, program: str | None) -> dict[str, Any]:
        return self._opt(customer, program, lambda: self.served.opt_outs.opt_in(customer, program))

    def record(self, customer: str, program: str, subject: str, channel: str, liked: bool) -> dict[str, Any]:
        """One answer a candidate, whichever channel is first. NotThere: there is nothing to answer, or not by voice."""
        asking = self.served.voice(program, channel)
        standing = self.answers.standing(program, customer, subject)
        if standing is not None:
            return recorded(Submitted(False, standing))
        if subject not in self.served.subjects(customer, program, channel, self.now):
            what = f"customer {customer!r} has no candidate {subject!r} on this channel"
            raise NotThere(what, "path", "name one of the customer's candidates, as they are listed now")
        self._forget(customer)
        said = Opinion(thumb="up" if liked else "down")
        return recorded(self.answers.submit(Answer(program, customer, subject, channel, self.now, said), asking))

    def kept(self, reason: OvationError) -> dict[str, Any] | None:
        """The last good answer to the same question, without what has expired since."""
        kept = self.last_good.find(self.question, self.now)
        logger.warning("out of reach", extra={"reason": str(reason), "kept_at": kept and iso(kept.at)})
        if kept is None:
            return None
        self.degraded = True
        return {**without_expired(orjson.loads(kept.body), self.now), "degraded": True}

    def _told(self, answer: dict[str, Any]) -> bytes:
        body = orjson.dumps({**answer, "degraded": False, "asOf": iso(self.now)})
        self.last_good.keep(self.question, body, self.now)
        return body

    def _opt(self, customer: str, program: str | None, change: Callable[[], int | None]) -> dict[str, Any]:
        if program is not None:
            self.served.program(program)
        self._forget(customer)
        withdrawn = change()
        standing = self.served.opt_outs.standing([customer], self.served.programs)[customer]
        state = {"everything": standing.everything, "programs": sorted(standing.programs)}
        logger.info("opt-out", extra={"customer": customer, "program": program, **state, "withdrawn": withdrawn})
        return {"customer": customer, **state, "withdrawn": withdrawn or 0}

    def _forget(self, customer: str) -> None:
        """No kept answer tells of the customer any more; other environments' do for five minutes at most, marked so."""
        written = orjson.dumps(customer)
        self.last_good.drop(lambda body: written in body)


def recorded(submitted: Submitted) -> dict[str, Any]:
    answer = submitted.answer
    return {
        "first": submitted.first,
        "channel": answer.channel,
        "submittedAt": iso(answer.submitted_at),
        "thumb": answer.opinion.thumb,
        "stars": answer.opinion.stars,
    }


def measure(route: str, status: int, degraded: bool, seconds: float) -> None:
    """By route: how long the answer took, whether it was a kept one, and whether the call was wrong or we were out of reach."""
    metrics = Metrics(namespace=NAMESPACE)
    metrics.add_dimension("Route", route)
    metrics.add_metric("ServeMilliseconds", MetricUnit.Milliseconds, seconds * 1000)
    metrics.add_metric("ServeDegraded", MetricUnit.Count, int(degraded))
    metrics.add_metric("ServeRefused", MetricUnit.Count, int(400 <= status < 500))
    metrics.add_metric("ServeFailed", MetricUnit.Count, int(status >= 500))
    metrics.flush_metrics()
