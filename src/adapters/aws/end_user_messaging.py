"""AWS End User Messaging: a text in, whether it was taken out. It knows no keys, so a call that broke is never made again."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, SSLError

from adapters.aws.faults import code
from domain.notifications.sms import Accepted, Refusal, Text
from domain.notifications.text_events import context_of

if TYPE_CHECKING:
    from mypy_boto3_pinpoint_sms_voice_v2 import PinpointSMSVoiceV2Client

SERVICE = "pinpoint-sms-voice-v2"  # its name in boto3
# One attempt, since a call that was made may have been heard; and connections for a slice of texts at once.
ONCE = Config(
    connect_timeout=2,
    read_timeout=10,
    max_pool_connections=16,
    parameter_validation=False,
    retries={"total_max_attempts": 1, "mode": "standard"},
)
LIVES = (5, 259_200)  # seconds (AWS: SendTextMessage TimeToLive)
# What is wrong with our account, number or settings says nothing of the text: the status codes by which it is held.
OURS = {"AccessDeniedException": 403, "ResourceNotFoundException": 404, "ServiceQuotaExceededException": 402}
CONFLICT, THEIRS = "ConflictException", "DESTINATION_"  # a conflict is the recipient's, or ours
THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException"})


@dataclass(frozen=True)
class EndUserMessaging:
    """`origination`: a number, pool or sender id, or its ARN; `configuration_set` says where its events go."""

    client: "PinpointSMSVoiceV2Client"
    origination: str = ""
    configuration_set: str = ""
    honours_keys: bool = False

    def send(self, text: Text, now: datetime) -> Accepted | Refusal:
        """One call; the text is given up by AWS when the sale starts."""
        try:
            answer = self.client.send_text_message(**self._asked(text, now))
        except ClientError as error:
            return _refused(error)
        except (SSLError, HTTPClientError):  # to botocore an SSLError is a ConnectionError, also one after the request
            return Refusal(0, "AWS End User Messaging did not answer", ambiguous=True)
        except ConnectionError:
            return Refusal(0, "AWS End User Messaging was not reached")
        return Accepted(answer.get("MessageId"))

    def _asked(self, text: Text, now: datetime) -> dict[str, Any]:
        least, most = LIVES
        asked = {
            "DestinationPhoneNumber": text.to,
            "MessageBody": text.body,
            "MessageType": "TRANSACTIONAL",
            "TimeToLive": max(least, min(most, int((text.expires_at - now).total_seconds()))),
            "Context": context_of(text.key, text.message_id),
            "OriginationIdentity": self.origination,
            "ConfigurationSetName": self.configuration_set,
        }
        return {name: value for name, value in asked.items() if value}


def _refused(error: ClientError) -> Refusal:
    """The reason is AWS's code for it, where it has one: its messages may repeat the number."""
    name, answer = code(error), error.response
    reason = str(answer.get("Reason") or name)
    if name in THROTTLED:
        return Refusal(429, reason)
    if name in OURS:
        return Refusal(OURS[name], reason)
    if name == CONFLICT:
        return Refusal(400 if reason.startswith(THEIRS) else 403, reason)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if name == "ValidationException":
        return Refusal(400, "Invalid phone number" if _number_is_wrong(answer) else reason)
    return Refusal(status, reason, ambiguous=True) if status >= 500 else Refusal(403, reason)


def _number_is_wrong(answer: Any) -> bool:
    return any(field.get("Name") == "DestinationPhoneNumber" for field in answer.get("Fields") or ())
