"""Three programs that differ in what the stack reads of them: warehouse, subject, schedule, models."""

from dataclasses import replace

from domain.solicitation.program import Connector, FeatureGroup, Model
from tests.programs_in_small import REVIEWS as SMALL

REVIEWS = replace(
    SMALL,
    id="reviews",
    name="Reviews",
    subject_type="product",
    connectors=(
        Connector(
            "deliveries",
            "athena",
            "ecommerce",
            workgroup="reviews-group",
            data_buckets=("shop-data",),
            results_bucket="by-products",
            glue_databases=("ecommerce",),
        ),
    ),
    scoring=replace(
        SMALL.scoring,
        models=(Model("review-model", "sagemaker://Review-Model", "2", ("engagement_score",), 1.0),),
        groups=(FeatureGroup("customer-features", "customer", ("engagement_score",)),),
    ),
    schedules={
        "batch": "cron(0 2 * * ? *)",
        "report": "cron(59 23 * * ? *)",
        "cleanup": "cron(0 1 ? * SUN *)",
        "retrain": "cron(0 3 ? * SUN *)",
    },
)
MUSIC = replace(
    REVIEWS,
    id="music",
    name="Music",
    subject_type="track",
    connectors=(
        Connector(
            "streams",
            "redshift",
            "streaming",
            cluster="music-cluster",
            secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:music-AbCdEf",
            unload_role_arn="arn:aws:iam::123456789012:role/music-unload",
        ),
        Connector("charts", "redshift", "charts", workgroup="charts-group"),
    ),
    scoring=replace(
        SMALL.scoring,
        models=(Model("taste-model", "sagemaker://taste-model", "1", ("genre",), 1.0),),
        groups=(FeatureGroup("track-features", "subject", ("genre",)),),
    ),
    schedules={"batch": "cron(30 4 ? * MON *)", "playlists": "cron(0 18 ? * MON *)", "report": "cron(59 23 ? * MON *)"},
)
PAUSED = replace(REVIEWS, id="paused", name="Paused", enabled=False)
