"""The part of a program file that says where rows come from: connectors, their rights and queries, and how columns are mapped."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from adapters.files.program_fields import Count, Id, OneOf, Part, Shaped, Text, Texts
from domain.solicitation.targets import CONTACT_TARGETS, REQUIRED_TARGETS, TARGETS

Target = Annotated[str, OneOf(tuple(TARGETS))]
ContactTarget = Annotated[str, OneOf(tuple(CONTACT_TARGETS))]
Sql = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Column = Annotated[str, Shaped(r"^[A-Za-z_][A-Za-z0-9_$]*$", "a column's name without quotes")]
Bucket = Annotated[str, Shaped(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "the name of an S3 bucket")]
SecretArn = Annotated[
    str, Shaped(r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", "the ARN of a secret")
]
RoleArn = Annotated[str, Shaped(r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", "the ARN of a role")]


def maps(*required: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """A check of a field mapping: these targets are there, and no target has two columns."""

    def check(mapping: dict[str, str]) -> dict[str, str]:
        counts = Counter(mapping.values())
        if twice := sorted(target for target, count in counts.items() if count > 1):
            raise ValueError(f"maps more than one column to {', '.join(twice)}")
        if missing := [target for target in required if target not in counts]:
            raise ValueError(f"maps no column to {', '.join(missing)}")
        return mapping

    return check


FieldMapping = Annotated[dict[Column, Target], AfterValidator(maps(*REQUIRED_TARGETS))]
ContactMapping = Annotated[dict[Column, ContactTarget], AfterValidator(maps("customer"))]
GENERAL_MAPPING: dict[str, str] = {
    "customer_id": "customer",
    "subject_id": "subject",
    "event_date": "eventDate",
    "marketplace": "marketplace",
}


class AthenaConfig(Part):
    database: Text
    """Glue database the query runs in."""
    table: Text | None = None
    """The table the query must read; a check against mix-ups."""
    query: Sql
    """One SELECT. `?` and YESTERDAY are the day before the run's date, CURRENT_DATE is the run's date."""
    workgroup: Text = "primary"
    """Athena workgroup."""
    data_buckets: Annotated[list[Bucket], Field(default_factory=list)]
    """S3 buckets the tables' files lie in; the stack grants reading them."""
    results_bucket: Bucket | None = None
    """S3 bucket that the workgroup writes by-products to, where it overrides what its clients ask for."""
    glue_databases: Texts | None = None
    """Glue databases the query reads; the database alone when left out."""


class RedshiftConfig(Part):
    database: Text
    """Database the query runs in."""
    table: Text | None = None
    """The table the query must read; a check against mix-ups."""
    query: Sql
    """One SELECT. `?` and YESTERDAY are the day before the run's date, CURRENT_DATE is the run's date."""
    cluster: Text | None = None
    """Provisioned cluster; either this or `workgroup`."""
    workgroup: Text | None = None
    """Serverless workgroup; either this or `cluster`."""
    secret_arn: SecretArn | None = None
    """Secrets Manager secret with the database user; without it the function's own IAM identity connects."""
    unload_role_arn: RoleArn | None = None
    """Role that UNLOAD writes to S3 with; the cluster's default role when left out."""

    @model_validator(mode="after")
    def _one_place(self) -> "RedshiftConfig":
        if (self.cluster is None) == (self.workgroup is None):
            raise ValueError("needs either cluster or workgroup, and not both")
        return self


class _Connector(Part):
    connector_id: Id
    """Name of this source within the program."""
    enabled: bool = True
    """A disabled connector is not queried."""
    field_mapping: FieldMapping = GENERAL_MAPPING
    """Column of the query -> what it means."""
    timeout_minutes: Annotated[Count, Field(le=120)] = 30
    """Minutes after which a statement is cancelled and the run fails."""


class AthenaConnector(_Connector):
    type: Literal["athena"]
    config: AthenaConfig


class RedshiftConnector(_Connector):
    type: Literal["redshift"]
    config: RedshiftConfig


Connector = Annotated[AthenaConnector | RedshiftConnector, Field(discriminator="type")]


class Contacts(Part):
    connector_id: Id
    """The connector whose warehouse holds the contact data."""
    query: Sql
    """One SELECT with a row a customer; dates as in a connector's query."""
    field_mapping: ContactMapping
    """Column of the query -> what it means."""
