"""A stage and the bucket of outputs in, a Glue database and an Athena workgroup of Ovation's own out."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.function import PythonFunction
from infra.stages import Stage

RESULTS = "exports/results/"  # where `export` asks for them as well
SCAN_LIMIT = 100 * 2**30  # bytes a statement may read: a day's outputs are a thousandth of it


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
        encrypted = athena.CfnWorkGroup.EncryptionConfigurationProperty(encryption_option="SSE_S3")
        results = athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=f"s3://{outputs.bucket_name}/{RESULTS}", encryption_configuration=encrypted
        )
        athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=self.workgroup,
            description="Exports, and questions about them",
            recursive_delete_option=not stage.protected,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=SCAN_LIMIT,
                result_configuration=results,
            ),
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
