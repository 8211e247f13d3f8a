"""A stage in, the tables and buckets that everything is kept in out."""

from collections.abc import Mapping

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.bucket import PrivateBucket
from infra.nag import acknowledge
from infra.stages import Stage
from infra.table import KeyedTable

CAMPAIGN_DAYS = 35  # recipient lists: a month to look into a campaign, and what a put-off chunk may need
LOST_RECORDS_DAYS = 14  # as long as a dead-letter queue keeps a message
RESULTS_DAYS = 7  # what Athena leaves beside an export
COLD_DAYS = 30  # S3's least before objects move to a cheaper class
EXPIRES = "expiresAt"


class Stores:
    """The tables and buckets, as constructs of `scope` itself: what is kept has the plainest ids.

    `run_days`: a rerun takes back what an earlier attempt stored by that attempt's files, so they outlive candidates.
    """

    def __init__(self, scope: Construct, *, stage: Stage, run_days: int) -> None:
        self.candidates = KeyedTable(scope, "Candidates", stage=stage, expires=EXPIRES)
        self.candidates.index("GSI1", dynamodb.ProjectionType.ALL)
        self.candidates.index("GSI2", dynamodb.ProjectionType.KEYS_ONLY)
        self.customers = KeyedTable(scope, "Customers", stage=stage, expires=EXPIRES)
        self.score_cache = KeyedTable(scope, "ScoreCache", stage=stage, expires=EXPIRES)
        self.runs = KeyedTable(scope, "Runs", stage=stage)
        self.deliveries = KeyedTable(scope, "Deliveries", stage=stage, expires=EXPIRES)
        self.deliveries.index("GSI1", dynamodb.ProjectionType.ALL)
        self.deliveries.index("GSI2", dynamodb.ProjectionType.ALL)
        self.responses = KeyedTable(
            scope, "Responses", stage=stage, expires=EXPIRES, stream=dynamodb.StreamViewType.NEW_IMAGE
        )
        self.responses.index("GSI1", dynamodb.ProjectionType.ALL)
        self.subjects = KeyedTable(scope, "Subjects", stage=stage)
        self.controls = KeyedTable(scope, "Controls", stage=stage, expires=EXPIRES)
        work_days = {"runs/": run_days, "contacts/": 1, "campaigns/": CAMPAIGN_DAYS, "aws/lambda/": LOST_RECORDS_DAYS}
        self.work = PrivateBucket(scope, "Work", stage=stage, keep_days=work_days)
        self.outputs = PrivateBucket(scope, "Outputs", stage=stage, keep_days={"exports/results/": RESULTS_DAYS})
        self.photos = PrivateBucket(scope, "Photos", stage=stage, keep_days={}, cold_days=COLD_DAYS)
        for bucket in self.buckets().values():
            acknowledge(
                bucket, {"AwsSolutions-S1": "Only our own functions reach it; CloudTrail data events say more."}
            )

    def tables(self) -> Mapping[str, dynamodb.Table]:
        return {
            "Candidates": self.candidates,
            "Customers": self.customers,
            "ScoreCache": self.score_cache,
            "Runs": self.runs,
            "Deliveries": self.deliveries,
            "Responses": self.responses,
            "Subjects": self.subjects,
            "Controls": self.controls,
        }

    def expiring(self) -> list[dynamodb.Table]:
        """The tables whose items end by themselves."""
        return [table for name, table in self.tables().items() if name not in ("Runs", "Subjects")]

    def buckets(self) -> Mapping[str, s3.Bucket]:
        return {"Work": self.work, "Outputs": self.outputs, "Photos": self.photos}
