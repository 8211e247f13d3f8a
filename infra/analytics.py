"""A stage and the bucket of outputs in, a Glue database and an Athena workgroup of Ovation's own out."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.function import PythonFunction
from infra.stages import Stage
from infra.workgroup import EnforcedWorkGroup

RESULTS = "exports/results/"  # where `export` asks for them as well


class Analytics(Construct):
    """Where `export` keeps what can be asked in SQL. The programs' own warehouses are apart from it."""

    def __init__(self, scope: Construct, id: str, *, outputs: s3.IBucket, stage: Stage) -> None:
        super().__init__(scope, id)
        self.database = f"ovation_{stage.name}"
        self.workgroup = f"ovation-{stage.name}"
        glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Stack.of(self).account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database, description="Ovation's exports, a partition a program and day"
            ),
        )
        EnforcedWorkGroup(
            self,
            "WorkGroup",
            name=self.workgroup,
            description="Exports, and questions about them",
            bucket=outputs,
            results=RESULTS,
            stage=stage,
        )

    def asked_by(self, function: PythonFunction, *verbs: str) -> None:
        """Allow Athena verbs (`StartQueryExecution`) in the workgroup."""
        function.allow([f"athena:{verb}" for verb in verbs], [self._arn("athena", "workgroup", self.workgroup)])

    def catalogued_by(self, function: PythonFunction, *verbs: str) -> None:
        """Allow Glue verbs (`CreateTable`) on the database and its tables; the catalogue is part of every such right."""
        function.allow(
            [f"glue:{verb}" for verb in verbs],
            [
                self._arn("glue", "catalog"),
                self._arn("glue", "database", self.database),
                self._arn("glue", "table", f"{self.database}/*"),
            ],
            because="A program has tables of its own in Ovation's database.",
        )

    def _arn(self, service: str, resource: str, name: str | None = None) -> str:
        return Stack.of(self).format_arn(
            service=service, resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )
