"""SESv2: up to fifty filled-in mails in, SES's word on each out; and what the account may send."""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, SSLError

from adapters.aws.faults import aws_calls, code
from domain.errors import Unavailable, Unknown
from domain.solicitation.mail import Mail
from domain.solicitation.sending import Account

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

MAILS_A_CALL = 50  # AWS: destinations of one SendBulkEmail
# One attempt, since a call that was made may have been heard; and an answer, or none, long before the function's time is over.
ONCE = Config(connect_timeout=3, read_timeout=15, retries={"total_max_attempts": 1, "mode": "standard"})
FRESH = 30.0  # seconds an account's rate and quota are kept: AWS allows one look a second to all workers together
# SES fills values in as they are: it escapes no HTML, and does not look for names in them.
CONTENT = {"Subject": "{{subject}}", "Html": "{{html}}", "Text": "{{text}}"}
# The errors of a whole call by which none of its mails was accepted, as the words of an entry that say the same.
WORDS = {
    "TooManyRequestsException": "ACCOUNT_THROTTLED",
    "LimitExceededException": "ACCOUNT_THROTTLED",
    "Throttling": "ACCOUNT_THROTTLED",
    "ThrottlingException": "ACCOUNT_THROTTLED",
    "AccountSuspendedException": "ACCOUNT_SUSPENDED",
    "SendingPausedException": "ACCOUNT_SENDING_PAUSED",
    "MailFromDomainNotVerifiedException": "MAIL_FROM_DOMAIN_NOT_VERIFIED",
    "MessageRejected": "CALL_REJECTED",
    "NotFoundException": "CONFIGURATION_SET_NOT_FOUND",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail and whom it goes to; `tags` come back with every event of it, `unsubscribe` is RFC 8058's address."""

    address: str
    mail: Mail
    tags: tuple[tuple[str, str], ...]
    unsubscribe: str


@dataclass(frozen=True, slots=True)
class Said:
    """SES's word on one letter: BulkEmailEntryResult's Status, and the id of a mail that was accepted."""

    status: str
    message_id: str = ""


@dataclass
class Mailer:
    """`sending` is a client of one attempt (ONCE), `reading` one that tries again."""

    sending: "SESV2Client"
    reading: "SESV2Client"
    configuration_set: str
    clock: Callable[[], float] = time.monotonic
    _account: tuple[float, Account] | None = field(default=None, repr=False)

    def account(self, *, anew: bool = False) -> Account:
        """What may be sent now, half a minute old at most while SES says. Unavailable: it has never said."""
        if self._account is None or anew or self.clock() > self._account[0] + FRESH:
            try:
                with aws_calls("look at the account's send rate"):
                    self._account = (self.clock(), _account(self.reading.get_account()))
            except Unavailable:
                if self._account is None:
                    raise
        return self._account[1]

    def send(self, sender: str, letters: Sequence[Letter]) -> list[Said]:
        """One call: a word on each letter, in their order. Unknown: the line broke, and any of them may have been accepted."""
        try:
            answer = self.sending.send_bulk_email(
                FromEmailAddress=mailbox(sender),
                DefaultContent={"Template": {"TemplateContent": CONTENT, "TemplateData": "{}"}},  # type: ignore[typeddict-item]
                BulkEmailEntries=[_entry(letter) for letter in letters],
                ConfigurationSetName=self.configuration_set,
            )
        except ClientError as error:
            return [Said(_word(error, len(letters)))] * len(letters)
        except (
            SSLError,
            HTTPClientError,
        ) as error:  # to botocore an SSLError is a ConnectionError, also one after the request
            raise Unknown(f"a call for {len(letters)} mails was not answered: {type(error).__name__}") from error
        except ConnectionError:  # botocore's: there was no line at all
            return [Said("TRANSIENT_FAILURE")] * len(letters)
        self._count(results := answer["BulkEmailEntryResults"])
        return [Said(result["Status"], result.get("MessageId", "")) for result in results]

    def _count(self, results: Sequence[Any]) -> None:
        """What was sent since SES was asked comes off what is left."""
        if self._account and self._account[1].left is not None:
            read_at, known = self._account
            sent = sum(result["Status"] == "SUCCESS" for result in results)
            assert known.left is not None
            self._account = (read_at, Account(known.enabled, known.rate, known.left - sent))


def tag(value: str) -> str:
    """A tag's value as SES takes it: a campaign's id with `_` for what is not allowed."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", value)


def mailbox(sender: str) -> str:
    """`Name <address>` with the name as RFC 2047 wants it: SES takes only ASCII here."""
    name, address = parseaddr(sender)
    return formataddr((name, address)) if name else address


def _word(error: ClientError, letters: int) -> str:
    """Whatever SES turns away before it looks at the mails (a right that is missing, say) is held: no recipient is lost by it."""
    if code(error) == "BadRequestException":  # one of them is at fault; of one alone we know which
        return "CALL_INVALID" if letters > 1 else "INVALID_PARAMETER"
    if code(error) in WORDS:
        return WORDS[code(error)]
    if 400 <= error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500:
        return "CALL_REJECTED"
    raise Unknown(f"a call for {letters} mails broke off: {code(error)}") from error


def _entry(letter: Letter) -> Any:
    data = {"subject": letter.mail.subject, "html": letter.mail.html, "text": letter.mail.text}
    return {
        "Destination": {"ToAddresses": [letter.address]},
        "ReplacementTags": [{"Name": name, "Value": value} for name, value in letter.tags],
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": json.dumps(data)}},
        "ReplacementHeaders": [
            {"Name": "List-Unsubscribe", "Value": f"<{letter.unsubscribe}>"},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        ],
    }


def _account(found: Any) -> Account:
    quota = found["SendQuota"]
    most = quota["Max24HourSend"]
    left = None if most < 0 else max(0, int(most - quota["SentLast24Hours"]))  # SES: -1 is no limit
    return Account(found.get("SendingEnabled", True), quota["MaxSendRate"], left)
