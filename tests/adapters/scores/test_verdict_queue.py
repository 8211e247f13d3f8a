"""The queue of verdicts on moto: what is told, and how a message is put off."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto.backends import get_backend
from scores_world import QUEUE_URL, QUEUES, REGION, own, scores_world

from adapters.aws.verdict_queue import VerdictQueue

URL = QUEUE_URL + QUEUES[2]


@pytest.fixture
def queue():
    with scores_world():
        yield VerdictQueue(own("sqs"), URL)


def received():
    return own("sqs").receive_message(QueueUrl=URL, VisibilityTimeout=600).get("Messages", [])


def left():
    """Seconds until the one message of the queue is shown again."""
    [held] = next(
        it for it in get_backend("sqs")["123456789012"][REGION].queues.values() if it.name == QUEUES[2]
    )._messages
    return held.visible_at / 1000 - datetime.now(UTC).timestamp()


def test_the_reporter_is_told_campaign_count_and_load(queue):
    queue.tell("campaign-123", 98_500, "3fa2c1d0e5b7")
    [message] = received()
    assert json.loads(message["Body"]) == {"campaignId": "campaign-123", "count": 98_500, "loadId": "3fa2c1d0e5b7"}


@pytest.mark.parametrize(("seconds", "waits"), [(30, 30), (77.4, 77), (0, 0), (-5, 0), (86_400, 11 * 3600)])
def test_a_message_that_is_put_off_is_hidden_for_as_long(queue, seconds, waits):
    queue.tell("c", 1, "l")
    [message] = received()
    assert queue.put_off(message["ReceiptHandle"], seconds)
    assert left() == pytest.approx(waits, abs=3)


def test_a_message_that_is_gone_needs_no_putting_off(queue):
    queue.tell("c", 1, "l")
    [message] = received()
    own("sqs").delete_message(QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"])
    assert not queue.put_off(message["ReceiptHandle"], 30)


@pytest.mark.parametrize(
    ("said", "is_gone"),
    [
        ("InvalidParameterValue", True),  # its receipt has run out
        ("ReceiptHandleIsInvalid", True),
        ("AWS.SimpleQueueService.MessageNotInflight", True),
        ("AccessDenied", False),
    ],
)
def test_what_sqs_says_of_a_message_that_is_in_nobodys_hands(said, is_gone):
    with scores_world():
        sqs = own("sqs")
        with Stubber(sqs) as stubbed:
            stubbed.add_client_error("change_message_visibility", said, http_status_code=400)
            if is_gone:
                assert not VerdictQueue(sqs, URL).put_off("a receipt", 30)
            else:
                with pytest.raises(ClientError):
                    VerdictQueue(sqs, URL).put_off("a receipt", 30)
