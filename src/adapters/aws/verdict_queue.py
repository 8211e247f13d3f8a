"""`verdictReporterQueue`: a load that has been put on its way in, a message that its verdict is due out; and one that is not, put off."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws.faults import aws_calls
from adapters.aws.message_delays import put_off

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class VerdictQueue:
    """Messages are {"campaignId", "count", "loadId"}; `count` are the records that the load put on its way."""

    sqs: "SQSClient"
    url: str

    def tell(self, campaign: str, count: int, load: str) -> None:
        """At least once: the reporter takes any number of them for one. Unavailable: it may not be in the queue."""
        body = json.dumps({"campaignId": campaign, "count": count, "loadId": load}, separators=(",", ":"))
        with aws_calls("telling the verdict reporter"):
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def put_off(self, receipt: str, seconds: float) -> bool:
        """Let the message come again after `seconds`. False: it is in nobody's hands any more, and comes as the queue decides."""
        return put_off(self.sqs, self.url, receipt, seconds)
