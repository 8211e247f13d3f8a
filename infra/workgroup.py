"""A name and a place for results in, an Athena workgroup as all our workgroups are out: enforced, encrypted, measured, capped."""

from aws_cdk import aws_athena as athena
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stages import Stage

SCAN_LIMIT = 100 * 2**30  # bytes a query may read: about half a dollar's worth (Athena: 5 USD a TB)


class EnforcedWorkGroup(athena.CfnWorkGroup):
    """`results` is the prefix in `bucket` that every answer goes to, whatever the caller asks for."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, description: str, bucket: s3.IBucket, results: str, stage: Stage
    ) -> None:
        encrypted = athena.CfnWorkGroup.EncryptionConfigurationProperty(encryption_option="SSE_S3")
        place = athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=f"s3://{bucket.bucket_name}/{results}", encryption_configuration=encrypted
        )
        super().__init__(
            scope,
            id,
            name=name,
            description=description,
            recursive_delete_option=not stage.protected,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=SCAN_LIMIT,
                result_configuration=place,
            ),
        )
