"""Candidates in, what each model says of them out: from the score cache, else asked of the model with stored features."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from adapters.aws.batch_items import KEYS_A_READ, chunks
from adapters.aws.endpoints import Endpoint, Endpoints
from adapters.aws.feature_store import MOST_IDS, FeatureStore
from adapters.aws.model_batches import Asked, Batch, ask
from adapters.aws.score_cache import ScoreCache
from domain.solicitation.program import FeatureGroup, Model, Scoring
from domain.solicitation.scoring import Pair, Record, batches, model_rows, needed_groups, record_ids

Scores = dict[Pair, float]
Records = dict[str, dict[str, Record]]  # by group, by id


@dataclass(frozen=True, slots=True)
class Heard:
    """Valid scores by model, `held` in the cache or `fresh` from the model; rows and records counted, troubles by their text."""

    held: Mapping[str, Scores]
    fresh: Mapping[str, Scores]
    counts: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)

    def add(self, asked: Asked) -> None:
        self.fresh[asked.model].update(asked.scores)
        self.counts.update(asked.counts)
        self.troubles.update(asked.troubles)


@dataclass(frozen=True)
class ModelPanel:
    """A program's models, with their cache and their features."""

    cache: ScoreCache
    features: FeatureStore
    endpoints: Endpoints

    def hear(
        self, scoring: Scoring, pairs: Sequence[Pair], at: datetime, keep: Callable[[Sequence[Batch]], None]
    ) -> Heard:
        """Every model's score of every candidate, asked for once; fresh ones are kept for the program's days from `at`.

        `keep` is given what the models are about to be told: before, so that no score is ever cached without it.

        Models and features out of reach cost scores and are counted: `missing_feature` rows a model was not asked about,
        `unread_records` the feature store gave no answer for, and the counts of `ask`.
        Unavailable: the cache's table is throttled or out of reach. Rejected: a feature group is not there or not ours.
        """
        with ThreadPoolExecutor(scoring.concurrency) as pool:
            held = {model.id: self._held(model, pairs, at, pool) for model in scoring.models}
            heard = Heard(held, {model.id: {} for model in scoring.models})
            unknown = {model.id: [pair for pair in pairs if pair not in held[model.id]] for model in scoring.models}
            groups = needed_groups(scoring)
            records = self._records(scoring, groups, unknown, pool, heard)
            todo = [
                batch
                for model in scoring.models
                for batch in _cut(model, scoring.batch_size, groups, records, unknown[model.id], heard)
            ]
            keep(todo)
            endpoints = {model.id: self.endpoints.of(model, scoring.timeout_seconds) for model in scoring.models}
            expires_at = at + timedelta(days=scoring.cache_days)
            for asked in pool.map(lambda batch: self._ask(batch, endpoints, scoring.max_attempts, expires_at), todo):
                heard.add(asked)
        return heard

    def _held(self, model: Model, pairs: Sequence[Pair], at: datetime, pool: ThreadPoolExecutor) -> Scores:
        found = pool.map(lambda some: self.cache.scores(model, some, at), list(chunks(pairs, KEYS_A_READ)))
        return {pair: score for some in found for pair, score in some.items()}

    def _records(
        self,
        scoring: Scoring,
        groups: Sequence[FeatureGroup],
        unknown: Mapping[str, Sequence[Pair]],
        pool: ThreadPoolExecutor,
        heard: Heard,
    ) -> Records:
        """The records that unknown scores need, each read once."""
        todo = [(group, ids) for group in groups for ids in chunks(_ids(scoring, group, unknown), MOST_IDS)]
        records: Records = {group.name: {} for group in groups}
        fetched = pool.map(lambda job: self.features.records(job[0], job[1], scoring.max_attempts), todo)
        for (group, _), found in zip(todo, fetched, strict=True):
            records[group.name].update(found.records)
            heard.counts["unread_records"] += len(found.unread)
        return records

    def _ask(self, batch: Batch, endpoints: Mapping[str, Endpoint], attempts: int, expires_at: datetime) -> Asked:
        asked = ask(batch, endpoints[batch.model.id], attempts)
        self.cache.keep(batch.model, asked.scores, expires_at)
        return asked


def _ids(scoring: Scoring, group: FeatureGroup, unknown: Mapping[str, Sequence[Pair]]) -> list[str]:
    takers = [model for model in scoring.models if not set(group.features).isdisjoint(model.features)]
    return record_ids(group, [pair for model in takers for pair in unknown[model.id]])


def _cut(
    model: Model,
    size: int,
    groups: Sequence[FeatureGroup],
    records: Records,
    pairs: Sequence[Pair],
    heard: Heard,
) -> Iterator[Batch]:
    """Batches of the rows that are complete."""
    rows = model_rows(model, groups, records, pairs)
    # + makes a copy: what orjson returns holds 8 KB however short it is (performance.md, 2), and these are many
    complete = [(pair, orjson.dumps(row) + b"\n") for pair, row in zip(pairs, rows, strict=True) if row is not None]
    heard.counts["missing_feature"] += len(pairs) - len(complete)
    whole = Batch(model, [pair for pair, _ in complete], [line for _, line in complete])
    return (whole.part(rows) for rows in batches(whole.lines, size))
