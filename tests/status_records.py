"""Notifications and what is told of them, as they are written and as Kinesis and SNS hand them over."""

import base64
import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from notifications_world import BUCKET, DEMAND, OUTBOX, STATE, own

from domain.notifications.instants import iso
from domain.notifications.keys import EMAIL, SMS, Key, demand_row, message_id, notification_row
from domain.notifications.mail_tag import mail_tag
from domain.notifications.statuses import moved

MADE = datetime(2026, 3, 13, 9, 30, tzinfo=UTC)
STARTS = datetime(2026, 3, 13, 10, 0, tzinfo=UTC)
PHONE, ADDRESS = "+12125550123", "ana.silva@people.example"


def after(seconds):
    return MADE + timedelta(seconds=seconds)


def notification(fan="fan-1", method=SMS, status="SENDING", at=MADE, starts=STARTS, **more):
    """As generator and sender leave it."""
    key = notification_row(fan, "e1", "s1", method)
    where = (
        {"phoneNumber": PHONE, "messageBody": "Soon!"} if method == SMS else {"email": ADDRESS, "templateVariables": {}}
    )
    row = {
        **key.attributes(),
        "type": "notification",
        "fanId": fan,
        "eventId": "e1",
        "saleId": "s1",
        "contactMethod": method,
        **where,
        "saleStartDateTime": iso(starts),
        "status": {"id": "CREATED", "date": iso(MADE)},
        "date": {"created": iso(MADE), "updated": iso(MADE)},
        "sendAttempts": 0,
        "errors": [],
        "messageId": message_id(key, iso(starts)),
        "groupId": key.sk,
        "rev": 1,
    }
    return {**moved(row, status, at), **more}


def demand(fan="fan-1"):
    key = demand_row(fan, "e1", "s1")
    return {**key.attributes(), "type": "demand", "fanId": fan, "date": {"requested": iso(MADE)}}


def status(row, word, seconds=1, **more):
    """What the SMS service tells of a notification."""
    about = {"groupId": row["groupId"], "appId": "ovation-reminders", "appMetadata": {"pk": row["PK"], "sk": row["SK"]}}
    return {"messageId": row["messageId"], "status": word, "timestamp": iso(after(seconds)), **about, **more}


def reply(text, seconds=1, number=PHONE):
    return {"type": "inbound", "from": number, "text": text, "timestamp": iso(after(seconds))}


def by_kinesis(*documents):
    """Bytes stay what they are."""
    records = []
    for place, it in enumerate(documents):
        body = it if isinstance(it, bytes) else json.dumps(it).encode()
        kinesis = {
            "sequenceNumber": number(place),
            "data": base64.b64encode(body).decode(),
            "approximateArrivalTimestamp": 1773394205.25,
            "partitionKey": "p",
        }
        records.append({"kinesis": kinesis, "eventID": f"shardId-000000000000:{number(place)}"})
    return {"Records": records}


def number(place):
    return str(49657828409187701520019995242508390119953358325192589320 + place)


def by_sns(*documents):
    about = {"Type": "Notification", "Timestamp": iso(MADE)}
    sent = [{**about, "MessageId": f"sns-{n}", "Message": json.dumps(it)} for n, it in enumerate(documents)]
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": it} for it in sent]}


def by_bus(row, kind, seconds=1, **parts):
    """An event of SES's on a reminder mail."""
    tags = {
        "reminder": [mail_tag(notification_row(row["fanId"], "e1", "s1", EMAIL))],
        "notification": [row["messageId"]],
    }
    mail = {"timestamp": iso(MADE), "messageId": "ses-1", "destination": [row["email"]], "tags": tags}
    told = {name: {"timestamp": iso(after(seconds)), **part} for name, part in parts.items()}
    return {"id": f"event-{kind}", "source": "aws.ses", "detail": {"eventType": kind, "mail": mail, **told}}


@contextmanager
def refusing(operation, about="", code="ThrottlingException"):
    """AWS turns away what is asked by an operation, where the call holds `about`."""
    real = BaseClient._make_api_call

    def call(client, name, params):
        if name == operation and about in str(params):
            raise ClientError(
                {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, name
            )
        return real(client, name, params)

    with patch.object(BaseClient, "_make_api_call", call):
        yield


def emptied(world):
    """As it was made."""
    for table in (DEMAND, STATE):
        for row in world.rows(table=table):
            world.forget(Key(row["PK"], row["SK"]), table)
    world.bodies(OUTBOX)
    with world.calls.own():
        for key in world.objects():
            own("s3").delete_object(Bucket=BUCKET, Key=key)
    world.calls.made.clear()
    return world
