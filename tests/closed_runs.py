"""Runs as `complete` closes them, and the metrics it then prints for CloudWatch to read (embedded metric format)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from programs_in_small import REVIEWS, RUN

from domain.solicitation.books import close
from handlers.solicitation.complete import publish_metrics

TIMES = {"startedAt": 10.0, "finishedAt": 12.5}
READ = {"in": 12, "out": 9, "duplicates": 2, "rejected": 1, **TIMES}
NO_OTHERS = {"updated": 0, "unchanged": 0, "kept": 0, "withdrawn": 0, "items": 0}


def closed(program: str = "reviews", *, eligible: int = 4, fallback: int = 0) -> dict[str, Any]:
    """A run of two buckets; `eligible` and `fallback` in each."""
    bands = {"high": eligible, "medium": 0, "low": 0}
    bucket = {
        "etl": READ,
        "filter": {"in": 9, "out": eligible, "removed": {"trust": 9 - eligible}, **TIMES},
        "score": {"in": eligible, "out": eligible, "cached": 0, "fallback": fallback, **bands, **TIMES},
        "store": {"created": eligible, "out": eligible, **NO_OTHERS, **TIMES},
        "contacts": {"out": eligible, **TIMES},
    }
    run, of_program = replace(RUN, program=program), replace(REVIEWS, id=program)
    return close(run, of_program, {"00": bucket, "01": bucket}, 61.5)


def published(result: dict[str, Any], capsys: Any) -> Iterator[dict[str, Any]]:
    """Each metric with its namespace, unit, value and dimensions."""
    capsys.readouterr()
    publish_metrics(result)
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                for metric in directive["Metrics"]:
                    yield {
                        "namespace": directive["Namespace"],
                        "name": metric["Name"],
                        "unit": metric["Unit"],
                        "value": line[metric["Name"]],
                        "about": {name: line[name] for name in names},
                    }
