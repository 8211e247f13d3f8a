"""Objects with what could not be archived, gathered by cause."""

import pytest

from domain.archive.clusters import cause_of, caused_by, clusters
from domain.archive.quarantine import Held, Quarantined, unreadable


def found(
    key="errors/a.json", code="missing_field", fingerprint="missing_field:demand:saleId", at="2025-11-20T12", count=1
):
    records = tuple(Held("{}", str(number), 1.0) for number in range(count))
    return Quarantined(key, code, f"says {key}", fingerprint, at, "shard-0", records)


def test_objects_of_one_cause_are_one_cluster_that_tells_of_its_oldest():
    [cluster] = clusters(
        [found("errors/b.json", at="2025-11-20T13", count=2), found("errors/a.json"), found("errors/c.json")]
    )
    assert (cluster.events, cluster.objects, cluster.sample) == (4, 3, "errors/a.json")
    assert (cluster.first, cluster.last, cluster.message) == ("2025-11-20T12", "2025-11-20T13", "says errors/a.json")


def test_the_cause_with_the_most_events_comes_first():
    causes = [found(fingerprint="b"), found(fingerprint="a"), found(fingerprint="c", count=3), unreadable("errors/x")]
    names = [cluster.cause for cluster in clusters(causes)]
    assert names == ["missing_field:c", "missing_field:a", "missing_field:b", "unreadable"]


@pytest.mark.parametrize(
    ("code", "fingerprint", "cause"),
    [
        ("missing_field", "missing_field:demand:saleId", "missing_field:demand:saleId"),
        ("malformed_json", "malformed_json", "malformed_json"),
        ("malformed_json", "", "malformed_json"),
        ("wrong", "wrong_type:x", "wrong:wrong_type:x"),
    ],
)
def test_a_cause_begins_with_its_code(code, fingerprint, cause):
    assert cause_of(code, fingerprint) == cause


@pytest.mark.parametrize(
    ("cause", "meant"),
    [
        (None, True),
        ("missing_field", True),
        ("missing_field:demand", True),
        ("missing_field:demand:saleId", True),
        ("missing", False),
        ("missing_field:demand:sale", False),
        ("missing_field:demand:saleId:more", False),
    ],
)
def test_a_cause_takes_in_all_that_begin_with_it(cause, meant):
    assert caused_by(found(), cause) is meant
