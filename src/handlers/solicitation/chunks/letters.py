"""Reserved recipients in, their mails out: rendered in the campaign's language, each with its own signed links."""

from collections.abc import Iterable

from adapters.aws.mailer import Letter, tag
from adapters.files.links import Links
from domain.solicitation.mail import MailContent
from handlers.solicitation.chunks.reserving import Reserved
from handlers.solicitation.chunks.work import Chunk, Desk


def letters(reserved: Iterable[Reserved], chunk: Chunk, desk: Desk) -> dict[str, Letter]:
    """By delivery id. Rejected: the campaign's template is not there. Unavailable: the signing keys are out of reach."""
    links = Links(desk.engage_url, desk.link_keys.read(chunk.clock.now))
    return {one.recipient.delivery: _letter(one, links, chunk, desk) for one in reserved}


def _letter(one: Reserved, links: Links, chunk: Chunk, desk: Desk) -> Letter:
    recipient, record = one.recipient, chunk.record
    addresses = links.of_mail(recipient.delivery, recipient.expires_at, chunk.clock.now)
    content = MailContent(
        recipient.subject_name, one.facts.name, chunk.program.name, recipient.marketplace, links=addresses
    )
    assert one.facts.address is not None
    return Letter(
        address=one.facts.address,
        mail=desk.templates.render(record["templateId"], record["locale"], content),
        tags=(
            ("delivery", recipient.delivery),
            ("campaign", tag(record["id"])),
            ("program", tag(record["program"])),
        ),
        unsubscribe=addresses.unsubscribe,
    )
