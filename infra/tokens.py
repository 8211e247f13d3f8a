"""What services are called in, the secret that their tokens are put into out: until then nothing is told to anybody."""

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.nag import acknowledge
from infra.stages import Stage


class Tokens(secretsmanager.Secret):
    """One JSON object of texts by name, an empty one at first; its owner puts them in."""

    def __init__(self, scope: Construct, id: str, *, says: str, stage: Stage) -> None:
        super().__init__(
            scope,
            id,
            description=says,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - an object without any token
                generate_string_key="unused",
            ),
            removal_policy=stage.removal_policy,
        )
        acknowledge(self, {"AwsSolutions-SMG4": "The tokens are the services'; whoever renews them puts them here."})
