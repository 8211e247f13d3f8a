"""A program document in, the same with what its published form left unsaid out: two programs have defaults of their own."""

from collections.abc import Mapping
from typing import Any

from adapters.aws.query_sql import parse
from domain.errors import Rejected
from domain.solicitation.program import Query
from domain.solicitation.targets import REQUIRED_TARGETS

# Keys as in a program file; `fieldMapping` is for each connector that has none. All others: see program_schema.
PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "product-reviews": {
        "subjectType": "product",
        "context": ["marketplace", "program"],
        "featureGroups": [
            {
                "name": "customer-features",
                "record": "customer",
                "features": ["engagement_score", "review_history", "trust_score"],
            },
            {"name": "product-features", "record": "subject", "features": ["category", "price", "rating_count"]},
        ],
        "modelBatchSize": 1_000,
        "scoreCacheTTLDays": 7,
        "minScore": 0.7,
        "limit": 50_000,
        "buckets": 32,
        "servingShards": 4,
        "fieldMapping": {
            "customer_id": "customer",
            "product_id": "subject",
            "product_title": "subjectName",
            "marketplace": "marketplace",
            "delivery_date": "eventDate",
            "verified_purchase": "purchaseVerified",
            "account_relationship": "relationship",
            "bot_score": "botScore",
            "review_eligible": "subjectEligible",
            "order_value": "orderValue",
        },
    },
    "music-feedback": {
        "subjectType": "track",
        "context": ["marketplace", "genre"],
        "featureGroups": [
            {
                "name": "listener-features",
                "record": "customer",
                "features": ["engagement_score", "feedback_history", "music_taste_profile", "listening_frequency"],
            },
            {
                "name": "track-features",
                "record": "subject",
                "features": ["genre", "artist_popularity", "release_date", "similar_track_ratings"],
            },
        ],
        "modelBatchSize": 2_000,
        "scoreCacheTTLDays": 14,
        "minScore": 0.6,
        "limit": 100_000,
        "limitPerSubject": 10_000,
        "buckets": 64,
        "servingShards": 8,
        "dateIndexBySubject": True,
        "earliestStarts": {"export": "03:30", "campaign": "03:30"},
        "schedules": {"playlists": "cron(0 18 * * ? *)", "retrain": "cron(0 4 ? * SUN *)"},
        "fieldMapping": {
            "listener_id": "customer",
            "track_id": "subject",
            "track_name": "subjectName",
            "artist_id": "artist",
            "genre": "genre",
            "marketplace": "marketplace",
            "playback_date": "eventDate",
            "completion_rate": "completionRate",
            "play_count": "playCount",
            "engagement_score": "engagement",
            "verified_listener": "relationship",
            "bot_score": "botScore",
            "feedback_eligible": "subjectEligible",
        },
    },
}


def complete(document: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what the published program of this id leaves out; a document of any other id is returned as it is."""
    program_id = document.get("programId")
    published = PUBLISHED.get(program_id) if isinstance(program_id, str) else None
    if published is None:
        return dict(document)
    filled = {key: value for key, value in published.items() if key != "fieldMapping"}
    for key, value in document.items():
        filled[key] = {**filled[key], **value} if _both_mappings(filled.get(key), value) else value
    connectors = document.get("dataConnectors")
    if isinstance(connectors, list):
        filled["dataConnectors"] = [_mapped(connector, published["fieldMapping"]) for connector in connectors]
    return filled


def _mapped(connector: Any, mapping: Mapping[str, str]) -> Any:
    """A connector without a field mapping gets the published one, less the optional columns that its query does not select."""
    if not isinstance(connector, dict) or "fieldMapping" in connector:
        return connector
    selected = _selected(connector)
    return {
        **connector,
        "fieldMapping": {
            column: target
            for column, target in mapping.items()
            if selected is None or column in selected or target in REQUIRED_TARGETS
        },
    }


def _selected(connector: Mapping[str, Any]) -> frozenset[str] | None:
    """The columns a query names, in lower case; None where it selects `*`, or is no query (which is for others to say)."""
    config = connector.get("config")
    sql, engine = config.get("query") if isinstance(config, dict) else None, connector.get("type")
    if not isinstance(sql, str) or engine not in ("athena", "redshift"):
        return None
    try:
        tree = parse(Query("", "", sql, ()), engine)
    except Rejected:
        return None
    return None if tree.is_star else frozenset(name.lower() for name in tree.named_selects)


def _both_mappings(left: Any, right: Any) -> bool:
    return isinstance(left, Mapping) and isinstance(right, Mapping)
