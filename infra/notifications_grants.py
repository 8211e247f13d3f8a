"""The functions of reminders in, each with the rights to what it uses out: table by table, queue by queue."""

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb

from domain.notifications.keys import SALE_DEMANDS, SALES, UNSETTLED
from domain.notifications.places import PARKED
from infra.function import PythonFunction
from infra.mail import identities
from infra.notifications_stores import NotificationsStores
from infra.services import Reminders

Functions = Mapping[str, PythonFunction]

# (function, verbs of DynamoDB on the Demand table)
DEMAND = (
    ("event_details", "Query", "PutItem", "UpdateItem"),
    ("refresh_events", "Query", "PutItem", "UpdateItem"),
    ("demand_capture", "Query", "GetItem", "PutItem", "UpdateItem", "DeleteItem"),
    ("notification_scheduler", "Query", "PutItem", "UpdateItem"),
    ("notification_generator", "Query", "BatchGetItem", "PutItem", "UpdateItem"),
    ("demand_stream_to_sqs", "BatchGetItem", "UpdateItem"),
    ("shorten_event_url", "GetItem", "UpdateItem"),
    ("follow_link", "GetItem"),
    ("notification_send", "BatchGetItem", "UpdateItem"),
    ("sms_status_consumer", "BatchGetItem", "UpdateItem"),
    ("mail_status_consumer", "BatchGetItem", "UpdateItem"),
    ("sweep", "BatchGetItem", "UpdateItem"),
)
# (function, index of the Demand table that it queries)
INDEXES = (
    ("notification_scheduler", SALES),
    ("notification_scheduler", SALE_DEMANDS),
    ("notification_generator", SALE_DEMANDS),
    ("sweep", UNSETTLED),
)
# (function, verbs of DynamoDB on the state table)
STATE = (
    ("event_details", "GetItem", "PutItem", "UpdateItem"),
    ("refresh_events", "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "Query", "DeleteItem"),
    ("demand_capture", "GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
    ("notification_scheduler", "GetItem", "PutItem", "UpdateItem"),
    ("demand_stream_to_sqs", "GetItem", "UpdateItem"),
    ("shorten_event_url", "GetItem", "PutItem"),
    ("follow_link", "PutItem"),
    ("notification_send", "GetItem", "BatchGetItem", "PutItem"),
    ("sms_status_consumer", "PutItem"),
    ("mail_status_consumer", "PutItem"),
)
SPEAKING = (
    *("event_details", "refresh_events", "demand_capture", "notification_scheduler"),
    *("shorten_event_url", "notification_send"),
)  # to outside services, with a key or token
SIGNED = ("follow_link", "notification_send")  # links


def grant(
    functions: Functions,
    *,
    demand: dynamodb.ITable,
    controls: dynamodb.ITable,
    stores: NotificationsStores,
    reminders: Reminders,
) -> None:
    """Each as far as its part goes."""
    for name, *verbs in DEMAND:
        functions[name].uses(demand, *verbs)
    for name, index in INDEXES:
        functions[name].uses(demand, "Query", index=index)
    for name, *verbs in STATE:
        functions[name].uses(stores.state, *verbs)
    for name in SPEAKING:
        functions[name].allow(["secretsmanager:GetSecretValue"], [stores.tokens.secret_arn])
    for name in SIGNED:
        stores.mail.signed_by(functions[name])
    _to_queues(functions, stores)
    sender = functions["notification_send"]
    sender.uses(controls, "GetItem", "PutItem")  # the kill switch, and the rate of SES that all mails share
    stores.mail.sent_by(sender, identities(reminders.mail_sender))
    if reminders.sms_provider == "aws":
        _texts_by_aws(sender)
    parked = [stores.bucket.arn_for_objects(f"{PARKED}*")]
    functions["sms_status_consumer"].allow(["s3:PutObject"], parked, "Parked records are named by what they hold.")


def _to_queues(functions: Functions, stores: NotificationsStores) -> None:
    generation, outbox, links = stores.generation.queue_arn, stores.outbox.queue_arn, stores.short_urls.queue_arn
    put = ["sqs:SendMessage"]
    for name in ("notification_scheduler", "notification_generator", "notification_send"):
        functions[name].allow(put, [generation])
    functions["demand_stream_to_sqs"].allow(put, [generation, outbox, links])
    functions["sweep"].allow([*put, "sqs:GetQueueAttributes"], [outbox])


def _texts_by_aws(sender: PythonFunction) -> None:
    """AWS End User Messaging asks for the right on whatever a text is sent from, and on its configuration set."""
    places = [
        Stack.of(sender).format_arn(
            service="sms-voice", resource=kind, resource_name="*", arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )
        for kind in ("phone-number", "pool", "sender-id", "configuration-set")
    ]
    sender.allow(["sms-voice:SendTextMessage"], places, "Which number sends is said in cdk.json, as AWS names it.")
