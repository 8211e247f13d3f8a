"""Each role's verbs in the archive, word for word: a verb more or less is a decision, not an accident."""

import pytest

from tests.infra.roles import allowed, statements, texts
from tests.infra.test_permissions import LOGS, TRACES, on, table

REWRITE = ("GetObjectVersion", "PutObject", "DeleteObject", "DeleteObjectVersion")


def files(prefix, *verbs):
    return on(f"Archive/{prefix}/*", *(f"s3:{verb}" for verb in verbs))


def ledger(*verbs):
    return table("ArchiveLedger", *verbs)


LISTED = on("Archive", "s3:ListBucket")
VERBS = {
    "StreamArchiver": files("data", "PutObject")
    | files("errors", "PutObject")
    | files("aws/lambda", "PutObject")  # Lambda's own, of batches it gave up on
    | LISTED
    | on(
        "DemandTableStream",
        *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"),
        *("kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:SubscribeToShard"),
    ),
    "Replay": files("errors", "GetObject", "PutObject", "DeleteObject")
    | files("aws/lambda", "GetObject", "PutObject", "DeleteObject")
    | files("replays", "GetObject", "DeleteObject")
    | files("data", "PutObject")
    | LISTED
    | ledger("BatchGetItem", "BatchWriteItem", "PutItem", "DeleteItem"),
    "Compact": files("data", "GetObject", "PutObject", "DeleteObject")
    | LISTED
    | ledger("PutItem", "DeleteItem")
    | on("LostJobs", "sqs:SendMessage"),
    "Erase": files("data", *REWRITE)
    | files("errors", *REWRITE)
    | files("aws/lambda", *REWRITE)
    | files("replays", *REWRITE)
    | files("results", "GetObjectVersion", "DeleteObject", "DeleteObjectVersion")
    | files("receipts", "GetObject", "PutObject")
    | LISTED
    | on("Archive", "s3:ListBucketVersions")
    | ledger("PutItem", "DeleteItem", "Query"),
}


@pytest.mark.parametrize("function", VERBS)
def test_a_function_may_do_what_its_stage_does_and_no_more(archive, function):
    logs = {(verb, f"{function}Logs") for verb in LOGS}
    assert allowed(archive, function) == logs | on("*", *TRACES) | VERBS[function]


def test_only_erasure_takes_versions_and_nobody_takes_receipts_away(archive):
    takers = {
        (function, place) for function in VERBS for verb, place in allowed(archive, function) if "DeleteObject" in verb
    }
    assert "Archive/receipts/*" not in {place for _, place in takers}
    versions = {function for function in VERBS for verb, _ in allowed(archive, function) if "Version" in verb}
    assert versions == {"Erase"}


def test_no_policy_allows_a_wildcard_verb_nor_any_resource_where_the_service_knows_another(archive):
    for id, statement in statements(archive):
        assert not [verb for verb in texts(statement["Action"]) if "*" in verb], id
        if statement["Resource"] == "*":
            assert set(texts(statement["Action"])) == TRACES


def test_only_the_nights_schedule_calls_a_function_and_only_compact(archive):
    callers = {id[:-8]: it["Resource"] for id, it in statements(archive) if "lambda:InvokeFunction" in it["Action"]}
    [(id, places)] = callers.items()
    assert id == "NightlyRoleDefaultPolicy"
    assert "Compact" in str(places)
    assert not [other for other in ("StreamArchiver", "Replay", "Erase") if other in str(places)]
