"""Small programs, runs and candidates to vary: literal values, no files."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from domain.solicitation.candidate import Candidate
from domain.solicitation.program import (
    Channel,
    Connector,
    FeatureGroup,
    FilterStep,
    Marketplace,
    Model,
    Program,
    Query,
    Scoring,
)
from domain.solicitation.run import Run

REVIEWS_QUERY = Query(
    name="athena-deliveries",
    connector="athena-deliveries",
    sql="SELECT * FROM deliveries WHERE delivery_date = ? AND delivery_status = 'COMPLETED'",
    mapping=(
        ("customer_id", "customer"),
        ("product_id", "subject"),
        ("delivery_date", "eventDate"),
        ("marketplace", "marketplace"),
        ("product_title", "subjectName"),
        ("account_relationship", "relationship"),
        ("verified_purchase", "purchaseVerified"),
        ("bot_score", "botScore"),
        ("review_eligible", "subjectEligible"),
        ("order_value", "orderValue"),
    ),
)
CONTACTS_QUERY = Query(
    name="contacts",
    connector="athena-deliveries",
    sql="SELECT customer_id, email, full_name, time_zone, locale, country FROM contacts",
    mapping=(
        ("customer_id", "customer"),
        ("email", "email"),
        ("full_name", "name"),
        ("time_zone", "timeZone"),
        ("locale", "locale"),
        ("country", "country"),
    ),
)
REVIEWS = Program(
    id="small-reviews",
    name="Small reviews",
    enabled=True,
    subject_type="product",
    marketplaces=(
        Marketplace("US", "America/New_York", "en-US", "reviews@example.com"),
        Marketplace("UK", "Europe/London", "en-GB", "reviews@example.com"),
    ),
    connectors=(Connector("athena-deliveries", "athena", "ecommerce", workgroup="primary"),),
    queries=(REVIEWS_QUERY,),
    contacts=CONTACTS_QUERY,
    context=("marketplace", "program"),
    dedupe_keys=("customer", "subject"),
    filters=(
        FilterStep("trust", {"maxBotScore": 0.5}),
        FilterStep("eligibility", {}),
        FilterStep("frequency-cap", {"maxRequestsPerMonth": 3}),
    ),
    cap_group="small-reviews",
    scoring=Scoring(
        models=(
            Model("review-propensity-v2", "sagemaker://review-propensity-v2", "2", ("engagement_score", "price"), 1.0),
        ),
        groups=(
            FeatureGroup("review-customers", "customer", ("engagement_score",)),
            FeatureGroup("review-products", "subject", ("price",)),
        ),
        batch_size=1000,
        cache_days=7,
        fallback=0.35,
        timeout_seconds=30,
        max_attempts=3,
        concurrency=2,
    ),
    channels=(
        Channel("email", "email", {"templateId": "review-request-v3", "sendTime": "10:00", "timezone": "local"}),
    ),
    buckets=2,
    serving_shards=4,
    date_index_by_subject=False,
    candidate_days=30,
    max_event_age_days=30,
    max_rejected_share=0.25,
    min_score=0.7,
    limit=50_000,
    limit_per_subject=None,
    holdout_share=0.0,
    schedules={"batch": "cron(0 2 * * ? *)"},
    earliest={},
)
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
RUN = Run(
    id="small-reviews/2026-11-20",
    program="small-reviews",
    program_hash="0" * 16,
    date=date(2026, 11, 20),
    started_at=AT,
    attempt=1,
    dry_run=False,
    holder="execution-1",
)
READY = Candidate(
    customer="c1",
    subject="p1",
    event_date="2026-11-19T00:00:00Z",
    marketplace="US",
    connector="athena-deliveries",
    context=(("marketplace", "US"), ("program", "small-reviews")),
    facts={"relationship": True, "purchaseVerified": True, "botScore": 0.01, "subjectEligible": True},
    attributes={"subjectName": "Kettle"},
)


def wire_row(**changes: Any) -> dict[str, Any]:
    """A good row as the UNLOAD leaves it, changed; a change to None is a null."""
    row = {
        "customer": "c1",
        "subject": "p1",
        "eventdate": "2026-11-19T00:00:00Z",
        "marketplace": "US",
        "subjectname": "Kettle",
        "relationship": "1",
        "purchaseverified": "1",
        "botscore": "0.01",
        "subjecteligible": "1",
        "ordervalue": "12.50",
    }
    return {**row, **changes}


def candidate(customer: str = "c1", subject: str = "p1", **changes: Any) -> Candidate:
    facts = {**READY.facts, **changes.pop("facts", {})}
    return replace(READY, customer=customer, subject=subject, facts=facts, **changes)
