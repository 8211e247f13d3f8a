"""Calls to SES: what is certain, what is not, and what the account may send."""

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from threading import Thread

import boto3
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from send_world import AT
from stand_ins import reach

from adapters.aws.mailer import Letter, Mailer, mailbox, tag
from domain.errors import Unavailable, Unknown
from domain.solicitation.mail import Mail
from domain.solicitation.sending import Account
from sandbox.aws_http import AwsError
from sandbox.ses import Account as SesAccount
from sandbox.ses import SesServer

HASTY = Config(connect_timeout=1, read_timeout=0.3, retries={"total_max_attempts": 1, "mode": "standard"})
SENDER = "Reviews <reviews@example.com>"


@pytest.fixture
def ses():
    with SesServer(lambda: AT, account=SesAccount(rate=100.0, clock=lambda: 0.0)) as server:
        yield server


@pytest.fixture
def mailer(ses):
    client = reach("sesv2", ses.endpoint, HASTY)
    return Mailer(client, client, "ovation", clock=lambda: 0.0)


def letters(*customers, html="<p>{{subject}} & {{name}}</p>"):
    return [
        Letter(f"{one}@example.org", Mail(f"To {one}", html, "text"), (("delivery", one),), "https://p.example/u/t")
        for one in customers
    ]


@contextmanager
def spoilt_line(folder):
    """A server that takes one call over TLS and answers with what is no TLS record; its address and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    pem = folder / "server.pem"
    hidden = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(hidden + signed.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = Thread(target=_spoil, args=(server, context))
        answering.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}", str(pem)
        answering.join()


def _spoil(server, context):
    line, _ = server.accept()
    with context.wrap_socket(line, server_side=True) as tls:
        heard = b""
        while b"BulkEmailEntries" not in heard:
            heard += tls.recv(65536)
        socket.socket.sendall(tls, b"no record of TLS's, but something else")


def test_each_letter_has_its_own_word_and_its_own_text(ses, mailer):
    ses.refuse("b@example.org", "TRANSIENT_FAILURE")
    said = mailer.send(SENDER, letters("a", "b", "c"))
    assert [word.status for word in said] == ["SUCCESS", "TRANSIENT_FAILURE", "SUCCESS"]
    assert [word.message_id for word in said] == [ses.mails()[0].id, "", ses.mails()[1].id]
    assert [mail.subject for mail in ses.mails()] == ["To a", "To c"]
    assert ses.mails()[0].html == "<p>{{subject}} & {{name}}</p>"  # braces that somebody typed are only read


@pytest.mark.parametrize("fault", ["hang_after", "cut_after", "hang"])
def test_a_call_without_an_answer_is_unknown_and_made_once(ses, mailer, fault):
    setattr(ses.faults, fault, 1)
    with pytest.raises(Unknown):
        mailer.send(SENDER, letters("a"))
    assert ses.calls["/v2/email/outbound-bulk-emails"] == 1


def test_a_call_that_breaks_off_within_ses_is_unknown_too(ses, mailer):
    ses.faults.unavailable = 1
    with pytest.raises(Unknown):
        mailer.send(SENDER, letters("a"))


def test_a_line_that_is_spoilt_after_the_call_is_unknown_too(tmp_path):
    with spoilt_line(tmp_path) as (endpoint, certificate):
        access = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
        client = boto3.Session(**access).client("sesv2", endpoint_url=endpoint, verify=certificate, config=HASTY)
        with pytest.raises(Unknown):
            Mailer(client, client, "ovation").send(SENDER, letters("a"))


def test_a_call_that_reached_nobody_was_not_made(ses, mailer):
    ses.stop()
    assert [word.status for word in mailer.send(SENDER, letters("a", "b"))] == ["TRANSIENT_FAILURE"] * 2


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("TooManyRequestsException", "ACCOUNT_THROTTLED"),
        ("LimitExceededException", "ACCOUNT_THROTTLED"),
        ("AccountSuspendedException", "ACCOUNT_SUSPENDED"),
        ("SendingPausedException", "ACCOUNT_SENDING_PAUSED"),
        ("MailFromDomainNotVerifiedException", "MAIL_FROM_DOMAIN_NOT_VERIFIED"),
        ("MessageRejected", "CALL_REJECTED"),
        ("NotFoundException", "CONFIGURATION_SET_NOT_FOUND"),
        ("BadRequestException", "CALL_INVALID"),
        ("AccessDeniedException", "CALL_REJECTED"),  # marked mails must not stay in doubt because a right is missing
    ],
)
def test_an_error_of_the_whole_call_is_a_word_on_each_letter(ses, mailer, monkeypatch, error, word):
    def refuse(call):
        raise AwsError(400, error, "no")

    monkeypatch.setattr(ses, "_bulk", refuse)
    assert [said.status for said in mailer.send(SENDER, letters("a", "b"))] == [word] * 2


def test_of_one_letter_alone_we_know_which_spoils_the_call(ses, mailer, monkeypatch):
    def refuse(call):
        raise AwsError(400, "BadRequestException", "no")

    monkeypatch.setattr(ses, "_bulk", refuse)
    assert [said.status for said in mailer.send(SENDER, letters("a"))] == ["INVALID_PARAMETER"]


def test_what_is_left_today_counts_what_was_sent_since_ses_was_asked(ses, mailer):
    ses.account.quota = 10
    assert mailer.account() == Account(True, 100.0, 10)
    mailer.send(SENDER, letters("a", "b"))
    assert mailer.account().left == 8
    assert ses.calls["/v2/email/account"] == 1
    assert mailer.account(anew=True).left == 8
    assert ses.calls["/v2/email/account"] == 2


def test_an_account_without_a_quota_has_no_limit(ses, mailer):
    ses.account.quota = -1.0
    assert mailer.account().left is None


def test_the_last_known_rate_holds_while_ses_does_not_say(ses, mailer):
    ses.faults.unavailable = 1
    with pytest.raises(Unavailable):
        mailer.account()
    known = mailer.account()
    ses.faults.unavailable = 1
    assert mailer.account(anew=True) == known


def test_a_sender_and_a_tag_are_written_as_ses_takes_them():
    assert mailbox("Bücher <b@example.com>") == "=?utf-8?q?B=C3=BCcher?= <b@example.com>"
    assert mailbox("b@example.com") == "b@example.com"
    assert tag("music-feedback.2026-11-20.US.r-b") == "music-feedback_2026-11-20_US_r-b"
