"""A stage and the senders of all programs in, the SES configuration set, its events and the keys that sign our links out."""

from collections.abc import Iterable, Iterator
from email.utils import parseaddr

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ses as ses
from constructs import Construct

from domain.solicitation.program import Program
from infra.function import PythonFunction
from infra.nag import acknowledge
from infra.queue import DeadLetters
from infra.stages import Stage

# Opens and clicks are not among them: our own pixel and redirect are the only source of those.
EVENTS = ("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY", "RENDERING_FAILURE")
KEY_LENGTH = 64


class Mail(Construct):
    """What mails of one `kind` are sent through. SES tells what became of each on the account's default bus, the only one it knows."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, kind: str = "") -> None:
        super().__init__(scope, id)
        self.configuration_set = ses.ConfigurationSet(
            self, "ConfigurationSet", configuration_set_name="-".join(["ovation", stage.name, *filter(None, [kind])])
        )
        self.configuration_set.add_event_destination(
            "Events",
            destination=ses.EventDestination.event_bus(events.EventBus.from_event_bus_name(self, "Bus", "default")),
            events=[ses.EmailSendingEvent[name] for name in EVENTS],
        )
        self.link_keys = secretsmanager.Secret(
            self,
            "LinkKeys",
            description="Keys that sign the links in our mails, oldest first",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - the JSON object that the key is put into
                generate_string_key="keys",
                password_length=KEY_LENGTH,
                exclude_punctuation=True,
            ),
            removal_policy=stage.removal_policy,
        )
        acknowledge(
            self.link_keys,
            {
                "AwsSolutions-SMG4": "A rotation adds a key and drops none before the links it signed have ended; see README."
            },
        )

    def sent_by(self, function: PythonFunction, names: Iterable[str]) -> None:
        """Allow sending in the name of these addresses and domains, and looking at the account's rate and quota."""
        identities = [self._arn("identity", name) for name in names]
        configuration = self._arn("configuration-set", self.configuration_set.configuration_set_name)
        function.allow(["ses:SendBulkEmail"], [*identities, configuration])
        function.allow(["ses:GetAccount"], ["*"], "The account's rate and quota belong to no resource.")

    def senders(self, programs: Iterable[Program]) -> list[str]:
        """The addresses that the programs' mails come from."""
        return [name for name in identities_of(programs) if "@" in name]

    def signed_by(self, function: PythonFunction) -> None:
        """Allow reading the keys that sign links."""
        function.allow(["secretsmanager:GetSecretValue"], [self.link_keys.secret_arn])

    def told_to(self, function: PythonFunction, lost: DeadLetters) -> None:
        """Call `function` with each event of a mail of ours; what cannot be delivered is put aside."""
        name = self.configuration_set.configuration_set_name
        ours = events.EventPattern(source=["aws.ses"], detail={"mail": {"tags": {"ses:configuration-set": [name]}}})
        target = targets.LambdaFunction(
            function, dead_letter_queue=lost, max_event_age=Duration.hours(24), retry_attempts=185
        )
        events.Rule(self, "Told", description="What became of our mails", event_pattern=ours, targets=[target])

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="ses", resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )


def identities_of(programs: Iterable[Program]) -> list[str]:
    """Each sender's address and its domain: SES asks for the right on whichever of the two is verified."""
    return sorted(set(_identities(programs)))


def _identities(programs: Iterable[Program]) -> Iterator[str]:
    return (name for program in programs for it in program.marketplaces for name in identities(it.sender))


def identities(sender: str) -> tuple[str, str]:
    """Of `Name <address>`: the address, and its domain."""
    address = parseaddr(sender)[1]
    return address, address.partition("@")[2]
