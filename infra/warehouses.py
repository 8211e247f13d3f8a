"""A program's connectors in, the rights to query them out, and the words for what only their owner can grant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aws_cdk import Arn, ArnComponents, ArnFormat, Stack

from domain.solicitation.program import Connector, Program
from infra.function import PythonFunction

# What a query reads the catalogue with (Athena: fine-grained access to databases and tables).
CATALOGUE = ("glue:GetDatabase", "glue:GetTable", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition")

# What Athena writes by-products with, in the caller's name (Athena: access to query results).
RESULTS = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")


@dataclass(frozen=True)
class Warehouses:
    """The connectors of all programs, and the one function that talks to them."""

    programs: Iterable[Program]
    function: PythonFunction

    def grant(self) -> None:
        """Allow the function what each connector needs; equal rights are stated once."""
        for connector in connectors_of(self.programs):
            if connector.engine == "athena":
                self._athena(connector)
            else:
                self._redshift(connector)

    def to_be_granted(self, work_bucket: str) -> Iterator[str]:
        """What the owners of warehouses must still grant, one sentence a connector."""
        for program in self.programs:
            for connector in program.connectors:
                yield f"{program.id}/{connector.id}: {_owner_grants(connector, work_bucket)}"

    def _athena(self, connector: Connector) -> None:
        allow = self.function.allow
        allow(
            (
                "athena:StartQueryExecution",
                "athena:GetQueryExecution",
                "athena:StopQueryExecution",
            ),
            [self._arn("athena", "workgroup", connector.workgroup or "primary")],
        )
        allow(
            CATALOGUE,
            [
                self._arn("glue", "catalog"),
                *(self._arn("glue", "database", name) for name in connector.glue_databases),
                *(self._arn("glue", "table", f"{name}/*") for name in connector.glue_databases),
            ],
            because="A program's query may read any table of the databases its file names.",
        )
        for bucket in connector.data_buckets:
            arn = self._global("s3", bucket)
            allow(("s3:GetBucketLocation", "s3:ListBucket"), [arn])
            allow(("s3:GetObject",), [f"{arn}/*"], because="A program's query may read any file of its data buckets.")
        if connector.results_bucket:
            arn = self._global("s3", connector.results_bucket)
            allow(("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"), [arn])
            allow(
                RESULTS, [f"{arn}/*"], because="The workgroup, not we, names the by-products it puts into its bucket."
            )

    def _redshift(self, connector: Connector) -> None:
        allow = self.function.allow
        if connector.cluster:
            place = self._arn("redshift", "cluster", connector.cluster, ArnFormat.COLON_RESOURCE_NAME)
            because = ""
        else:
            place = self._arn("redshift-serverless", "workgroup", "*")
            because = "A serverless workgroup's ARN ends in an id that its name does not tell."
        allow(("redshift-data:ExecuteStatement",), [place], because)
        self.function.allow_own_statements(("redshift-data:DescribeStatement", "redshift-data:CancelStatement"))
        if connector.secret_arn:
            allow(("secretsmanager:GetSecretValue",), [connector.secret_arn])
        elif connector.cluster:
            database = f"{connector.cluster}/{connector.database}"
            name = self._arn("redshift", "dbname", database, ArnFormat.COLON_RESOURCE_NAME)
            allow(("redshift:GetClusterCredentialsWithIAM",), [name])
        else:
            allow(("redshift-serverless:GetCredentials",), [place], because)

    def _arn(
        self, service: str, resource: str, name: str | None = None, form: ArnFormat = ArnFormat.SLASH_RESOURCE_NAME
    ) -> str:
        stack = Stack.of(self.function)
        return stack.format_arn(service=service, resource=resource, resource_name=name, arn_format=form)

    def _global(self, service: str, name: str) -> str:
        parts = ArnComponents(service=service, region="", account="", resource=name)
        return Arn.format(parts, Stack.of(self.function))


def connectors_of(programs: Iterable[Program]) -> list[Connector]:
    """Every connector once, in a fixed order; two programs may call different warehouses by the same id."""
    every = dict.fromkeys(connector for program in programs for connector in program.connectors)
    return sorted(every, key=lambda connector: (connector.id, repr(connector)))


def _owner_grants(connector: Connector, work_bucket: str) -> str:
    if connector.engine == "redshift":
        role = connector.unload_role_arn or "the cluster's default role"
        return (
            f"attach {role} to {connector.cluster or connector.workgroup} and let it s3:PutObject on"
            f" {work_bucket}/runs/* and {work_bucket}/contacts/*, and s3:ListBucket and s3:GetBucketLocation on {work_bucket}."
        )
    buckets = ", ".join(connector.data_buckets) or "no bucket named: give dataBuckets"
    return (
        f"let the extract role read {buckets}, where a bucket belongs to another account or is encrypted with a key of its own;"
        f" in Lake Formation, SELECT and DESCRIBE on {', '.join(connector.glue_databases)}; if workgroup"
        f" {connector.workgroup or 'primary'} overrides client-side settings, name its bucket as resultsBucket."
    )
