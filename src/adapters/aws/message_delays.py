"""A message that somebody holds in, when it comes again out."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls, code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST = 11 * 3600  # seconds; AWS: 12 h from the receipt on, and some of it is over
# What AWS says of a message that is deleted, or was not handled for too long; InvalidParameterValue: its receipt has run out.
GONE = frozenset(
    {
        "AWS.SimpleQueueService.MessageNotInflight",
        "InvalidParameterValue",
        "MessageNotInflight",
        "ReceiptHandleIsInvalid",
    }
)


def put_off(sqs: "SQSClient", url: str, receipt: str, seconds: float) -> bool:
    """Let the message come again after `seconds`. False: it is in nobody's hands any more, and comes as the queue decides."""
    wait = max(0, min(round(seconds), LONGEST))
    try:
        with aws_calls("putting a message off"):
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=wait)
    except ClientError as error:
        if code(error) not in GONE:
            raise
        return False
    return True
