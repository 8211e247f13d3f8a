"""The stand-in of SES: its v2 API in, an outbox, the account's limits and the events on the bus out."""

from sandbox.ses.account import Account
from sandbox.ses.events import EventFaults, to_bus
from sandbox.ses.fates import Fates
from sandbox.ses.outbox import SentMail
from sandbox.ses.server import SesFaults, SesServer

__all__ = ["Account", "EventFaults", "Fates", "SentMail", "SesFaults", "SesServer", "to_bus"]
