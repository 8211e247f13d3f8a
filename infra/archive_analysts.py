"""The archive's bucket and catalogue in, what an analyst may do out, as a policy for the owner's own roles."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from domain.archive.places import DATA, RESULTS
from infra.nag import acknowledge, wildcards

# Run queries and read what came of them, in one workgroup.
ASKING = (
    *("GetWorkGroup", "StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "BatchGetQueryExecution"),
    *("ListQueryExecutions", "GetQueryResults", "GetQueryResultsStream", "GetQueryRuntimeStatistics"),
    *("ListNamedQueries", "GetNamedQuery", "BatchGetNamedQuery"),
)
# Read the catalogue; with the last one MSCK REPAIR TABLE runs, as the mission has analysts do it.
LOOKING_UP = (
    *("GetDatabase", "GetDatabases", "GetTable", "GetTables"),
    *("GetPartition", "GetPartitions", "BatchGetPartition", "BatchCreatePartition"),
)
KEEPING = ("GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")  # results


class AnalystPolicy(iam.ManagedPolicy):
    """Ask anything of the archive's rows; nothing of errors/ and aws/lambda/, where originals lie that nobody has checked."""

    def __init__(self, scope: Construct, id: str, *, bucket: s3.IBucket, catalogue: str) -> None:
        super().__init__(scope, id, description="Ask questions about the archive")
        self._allow("athena", ASKING, [self._arn("athena", "workgroup", catalogue)])
        tables = [self._arn("glue", "table", f"{catalogue}/*")]
        places = [self._arn("glue", "catalog"), self._arn("glue", "database", catalogue)]
        self._allow("glue", LOOKING_UP, [*places, *tables], "Every table and view of this database may be asked.")
        # Athena: fine-grained access; it looks for this database whatever is asked.
        self._allow("glue", ("GetDatabase",), [self._arn("glue", "database", "default")])
        self._allow("s3", ("GetBucketLocation", "ListBucketMultipartUploads"), [bucket.bucket_arn])
        self._allow("s3", ("GetObject",), [bucket.arn_for_objects(f"{DATA}*")], "Rows lie in files by kind and date.")
        self._allow("s3", KEEPING, [bucket.arn_for_objects(f"{RESULTS}*")], "Athena names the results itself.")
        only = {"StringLike": {"s3:prefix": [f"{DATA}*", f"{RESULTS}*"]}}
        self.add_statements(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn], conditions=only)
        )

    def _allow(self, service: str, verbs: tuple[str, ...], resources: list[str], because: str = "") -> None:
        self.add_statements(iam.PolicyStatement(actions=[f"{service}:{verb}" for verb in verbs], resources=resources))
        if found := wildcards(self, resources, because):
            acknowledge(self, found)

    def _arn(self, service: str, resource: str, name: str | None = None) -> str:
        return Stack.of(self).format_arn(
            service=service, resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )
