"""A stage and days by prefix in, an S3 bucket as all our buckets are: private, encrypted, TLS only, tidied."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stages import Stage


class PrivateBucket(s3.Bucket):
    """`keep_days` maps a prefix to the days its objects live; what lies elsewhere stays, after `cold_days` in a cheaper class.

    With `version_days`, what was overwritten or deleted can be had back for so long.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        keep_days: Mapping[str, int],
        cold_days: int | None = None,
        version_days: int | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True if version_days else None,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=stage.removal_policy,
            lifecycle_rules=[
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
                *(s3.LifecycleRule(prefix=prefix, expiration=Duration.days(d)) for prefix, d in keep_days.items()),
                *([s3.LifecycleRule(transitions=[_infrequent(cold_days)])] if cold_days else []),
                *([_old_versions(version_days)] if version_days else []),
            ],
        )


def _infrequent(days: int) -> s3.Transition:
    return s3.Transition(storage_class=s3.StorageClass.INFREQUENT_ACCESS, transition_after=Duration.days(days))


def _old_versions(days: int) -> s3.LifecycleRule:
    """Also what is left of a deleted object at last: the mark that it was deleted."""
    return s3.LifecycleRule(noncurrent_version_expiration=Duration.days(days), expired_object_delete_marker=True)
