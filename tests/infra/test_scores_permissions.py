"""Each role's verbs in scores, word for word: a verb more or less is a decision, not an accident."""

import pytest

from tests.infra.roles import allowed, statements, texts
from tests.infra.test_permissions import LOGS, TRACES, on, table

KINESIS = (
    *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"),
    *("kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:SubscribeToShard"),
)
OF_THE_TABLE = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
TAKEN = ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueUrl", "sqs:DeleteMessage")


def files(prefix, *verbs):
    return on(f"Scoring/{prefix}/*", *(f"s3:{verb}" for verb in verbs))


def rows(*verbs):
    return table("Scores", *verbs)


def taken(queue):
    """What Lambda does with the function's rights, and the function when it puts a message off."""
    return on(queue, *TAKEN, "sqs:GetQueueAttributes")


LISTED = on("Scoring", "s3:ListBucket")
KEPT = files("aws/lambda", "PutObject") | LISTED  # Lambda's own, of batches it gave up on
TOLD = on("verdictReporterQueue", "sqs:SendMessage")
TOKENS = on("Services", "secretsmanager:GetSecretValue")
VERBS = {
    "LoadScoresToStream": files("scrubbed", "GetObjectVersion", "GetObject")
    | files("errors", "PutObject")
    | LISTED
    | rows("UpdateItem")
    | on("scoresStream", "kinesis:PutRecords")
    | taken("scoreFiles")
    | TOLD,
    "LoadScoresToDynamodb": rows("BatchGetItem", "UpdateItem")
    | files("errors", "PutObject")
    | on("scoresStream", *KINESIS)
    | KEPT,
    "ProcessSavedScores": rows("BatchGetItem", "UpdateItem")
    | on("Scores", *OF_THE_TABLE)
    | on("*", "dynamodb:ListStreams")
    | KEPT,
    "ReconcileCounts": rows("Scan", "BatchGetItem", "UpdateItem") | on("LostEvents", "sqs:SendMessage"),
    "VerdictReporter": rows("GetItem", "BatchGetItem", "Query", "UpdateItem") | taken("verdictReporterQueue") | TOKENS,
    "SaveFanlistScores": files("fanlist/scored", "GetObjectVersion", "GetObject")
    | files("errors", "PutObject")
    | LISTED
    | rows("BatchGetItem", "UpdateItem")
    | on("campaignDataStream", "kinesis:PutRecords")
    | taken("fanlistFiles")
    | TOLD
    | TOKENS,
    "SaveEntryScoring": rows("GetItem", "BatchGetItem", "PutItem", "UpdateItem")
    | files("entry-retries", "GetObject", "PutObject", "DeleteObject")
    | files("errors", "PutObject")
    | on("scoresStream", *KINESIS)
    | taken("entryRetryQueue")
    | on("entryRetryQueue", "sqs:SendMessage")
    | TOKENS
    | KEPT,
}


@pytest.mark.parametrize("function", VERBS)
def test_a_function_may_do_what_its_stage_does_and_no_more(scores, function):
    logs = {(verb, f"{function}Logs") for verb in LOGS}
    assert allowed(scores, function) == logs | on("*", *TRACES) | VERBS[function]


def test_no_policy_allows_a_wildcard_verb_nor_any_resource_where_the_service_knows_another(scores):
    for id, statement in statements(scores):
        assert not [verb for verb in texts(statement["Action"]) if "*" in verb], id
        if statement["Resource"] == "*":
            assert set(texts(statement["Action"])) <= TRACES | {"dynamodb:ListStreams"}


def test_nobody_deletes_a_file_or_a_row(scores):
    deleters = {(function, verb) for function in VERBS for verb, _ in allowed(scores, function) if "Delete" in verb}
    assert {verb for _, verb in deleters} == {"sqs:DeleteMessage", "s3:DeleteObject"}
    assert [function for function, verb in deleters if verb == "s3:DeleteObject"] == ["SaveEntryScoring"]
