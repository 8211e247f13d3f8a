"""What a mail is made of and becomes, and how names that others typed are made fit to stand in one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailLinks:
    """Absolute addresses: the button's, the open pixel's, the link only scanners follow, and the way out of the program."""

    answer: str
    pixel: str
    trap: str
    unsubscribe: str


@dataclass(frozen=True, slots=True)
class MailContent:
    """All that differs from mail to mail. Names are as they came, fit or not; None where there is none."""

    subject_name: str | None
    customer_name: str | None
    program_name: str
    marketplace: str
    links: MailLinks


@dataclass(frozen=True, slots=True)
class Mail:
    """`subject` is one line; `html` and `text` say the same."""

    subject: str
    html: str
    text: str
