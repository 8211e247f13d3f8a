"""Work file + score cache + feature store + model endpoints -> work files: give each of one bucket's candidates its score."""

from collections import Counter
from collections.abc import Sequence
from functools import cache, partial
from time import time
from typing import Any

from aws_lambda_powertools import Logger

from adapters.aws.champions import Champions
from adapters.aws.endpoints import Endpoints
from adapters.aws.feature_store import FeatureStore, online
from adapters.aws.model_panel import Heard, ModelPanel
from adapters.aws.run_programs import load_program
from adapters.aws.runs import RunLedger
from adapters.aws.score_cache import ScoreCache
from adapters.aws.score_features import ScoreFeatures
from adapters.aws.session import client, dynamodb
from adapters.aws.work_files import WorkFiles
from domain.solicitation.candidate import Score, band
from domain.solicitation.champion import as_deployed
from domain.solicitation.run import Run
from domain.solicitation.scoring import Pair, combine
from handlers.solicitation.settings import ScoreSettings

logger = Logger(service="score")

ASKED = ("model_calls", "missing_feature", "unread_records", "invalid", "unanswered")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return score(Run.from_json(event["run"]), event["bucket"], started_at=time(), **live())


@cache
def live() -> dict[str, Any]:
    env = ScoreSettings.from_env()
    tables = dynamodb()
    features = FeatureStore(online())
    return {
        "ledger": RunLedger(tables, env.runs_table),
        "files": WorkFiles(client("s3"), env.work_bucket),
        "panel": ModelPanel(ScoreCache(tables, env.score_cache_table), features, Endpoints()),
        "champions": Champions(tables, env.controls_table),
    }


def score(
    run: Run,
    bucket: str,
    *,
    started_at: float,
    ledger: RunLedger,
    files: WorkFiles,
    panel: ModelPanel,
    champions: Champions,
) -> dict[str, Any]:
    """Leave the candidates with their scores, each once, in order; one no model answered for has the program's fallback.

    Beside them lies what the models were told, for the next training.
    """
    ledger.check_held(run)
    scoring = load_program(files, run.program_hash).scoring
    scoring = as_deployed(scoring, champions.generations(run.program, [model.id for model in scoring.models]))
    rows = list(files.read(run.work_key(bucket, "filter")))
    pairs = [(row["customer"], row["subject"]) for row in rows]
    features = ScoreFeatures(files)
    heard = panel.hear(scoring, list(dict.fromkeys(pairs)), run.started_at, partial(features.keep, run, bucket))
    known = [heard.held[model.id] | heard.fresh[model.id] for model in scoring.models]
    scores = [combine(scoring, [answers.get(pair) for answers in known]) for pair in pairs]
    scored = ({**row, "score": score.to_row()} for row, score in zip(rows, scores, strict=True))
    files.write(run.work_key(bucket, "score"), scored)
    counts = _counts(pairs, scores, heard)
    ledger.note(run, bucket, "score", counts, started_at)
    logger.info("score", extra={"run_id": run.id, "bucket": bucket, **counts, "troubles": dict(heard.troubles)})
    return counts


def _counts(pairs: Sequence[Pair], scores: Sequence[Score], heard: Heard) -> dict[str, int]:
    """in = out = cached + scored + fallback = high + medium + low; `cached`: no model had to be asked for what is known."""
    asked = {pair for fresh in heard.fresh.values() for pair in fresh}
    kinds = Counter(_kind(pair in asked, score) for pair, score in zip(pairs, scores, strict=True))
    bands = Counter(band(score.value) for score in scores)
    return {
        "in": len(pairs),
        "out": len(scores),
        **{kind: kinds[kind] for kind in ("cached", "scored", "fallback")},
        **{name: bands[name] for name in ("high", "medium", "low")},
        **{name: heard.counts[name] for name in ASKED},
    }


def _kind(asked: bool, score: Score) -> str:
    return "fallback" if score.fallback else "scored" if asked else "cached"
