"""Each role's verbs in reminders, word for word: a verb more or less is a decision, not an accident."""

import pytest

from tests.infra.roles import allowed, statements, texts
from tests.infra.test_permissions import LOGS, TRACES, on, table
from tests.infra.test_scores_permissions import KINESIS, OF_THE_TABLE, TAKEN

FLIGHT = ("GetItem", "PutItem", "UpdateItem")  # who asks the vendor, at which rate, how often a day


def demand(*verbs):
    return table("Demand", *verbs)


def index(name):
    return on(f"Demand/index/{name}", "dynamodb:Query")


def state(*verbs):
    return table("NotificationState", *verbs)


def taken(queue):
    """What Lambda does with the function's rights, and the function when it puts a message off."""
    return on(queue, *TAKEN, "sqs:GetQueueAttributes")


def told(*queues):
    return set().union(*(on(queue, "sqs:SendMessage") for queue in queues))


EVENTS = demand("Query", "PutItem", "UpdateItem")  # read by one query, written in one transaction
TOKENS = on("Services", "secretsmanager:GetSecretValue")
KEYS = on("MailLinkKeys", "secretsmanager:GetSecretValue")
LOST = told("LostEvents")
KEPT = on("Notifications/aws/lambda/*", "s3:PutObject") | on("Notifications", "s3:ListBucket")
ADDRESSES = (
    "ses:identity/example.com",
    "ses:identity/reminders@example.com",
    "ses:configuration-set/MailConfigurationSet",
)
MAILS = set().union(*(on(it, "ses:SendBulkEmail") for it in ADDRESSES)) | on("*", "ses:GetAccount")
VERBS = {
    "EventDetails": EVENTS | state(*FLIGHT) | TOKENS,
    "RefreshEvents": EVENTS | state(*FLIGHT, "BatchGetItem", "Query", "DeleteItem") | TOKENS | LOST,
    "DemandCapture": EVENTS | demand("GetItem", "DeleteItem") | state(*FLIGHT, "BatchGetItem") | TOKENS,
    "NotificationScheduler": EVENTS
    | index("sales")
    | index("saleDemands")
    | state(*FLIGHT)
    | told("generationQueue")
    | TOKENS
    | LOST,
    "NotificationGenerator": demand("Query", "BatchGetItem", "PutItem", "UpdateItem")
    | index("saleDemands")
    | taken("generationQueue")
    | told("generationQueue"),
    "DemandStreamToSqs": demand("BatchGetItem", "UpdateItem")
    | state("GetItem", "UpdateItem")
    | told("generationQueue", "notificationOutbox", "shortUrlQueue")
    | on("Demand", *OF_THE_TABLE)
    | on("*", "dynamodb:ListStreams")
    | KEPT,
    "ShortenEventUrl": demand("GetItem", "UpdateItem") | state("GetItem", "PutItem") | taken("shortUrlQueue") | TOKENS,
    "FollowLink": demand("GetItem") | state("PutItem") | KEYS,
    "NotificationSend": demand("BatchGetItem", "UpdateItem")
    | state("GetItem", "BatchGetItem", "PutItem")
    | table("Controls", "GetItem", "PutItem")
    | taken("notificationOutbox")
    | told("generationQueue")
    | TOKENS
    | KEYS
    | MAILS,
    "SmsStatusConsumer": demand("BatchGetItem", "UpdateItem")
    | state("PutItem")
    | on("Notifications/parked/*", "s3:PutObject")
    | on("smsStatusStream", *KINESIS)
    | KEPT,
    "MailStatusConsumer": demand("BatchGetItem", "UpdateItem") | state("PutItem") | LOST,
    "Sweep": demand("BatchGetItem", "UpdateItem")
    | index("unsettled")
    | told("notificationOutbox")
    | on("notificationOutbox", "sqs:GetQueueAttributes")
    | LOST,
}


@pytest.mark.parametrize("function", VERBS)
def test_a_function_may_do_what_its_stage_does_and_no_more(notifications, function):
    logs = {(verb, f"{function}Logs") for verb in LOGS}
    assert allowed(notifications, function) == logs | on("*", *TRACES) | VERBS[function]


def test_no_function_is_left_out(notifications):
    assert {id[:-8] for id in notifications.all("AWS::Lambda::Function")} == set(VERBS)


def test_no_policy_allows_a_wildcard_verb_nor_any_resource_where_the_service_knows_another(notifications):
    for id, statement in statements(notifications):
        assert not [verb for verb in texts(statement["Action"]) if "*" in verb], id
        if statement["Resource"] == "*":
            assert set(texts(statement["Action"])) <= TRACES | {"dynamodb:ListStreams", "ses:GetAccount"}


def test_only_who_takes_a_wish_back_deletes_a_row_of_the_demand_table(notifications):
    deleters = {name for name in VERBS if ("dynamodb:DeleteItem", "Demand") in allowed(notifications, name)}
    assert deleters == {"DemandCapture"}
