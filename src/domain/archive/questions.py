"""Nothing in, the analysts' questions of the mission out, each as one query in Athena's SQL that runs as it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Question:
    """`sql` names the tables alone: whoever asks sets the database. Dates and ids in it are examples to be changed."""

    title: str
    sql: str


QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "top_events": Question(
            "Events by demand in a period, the most wanted first",
            "SELECT eventid, COUNT(*) AS demand_count\n"
            "FROM demand\n"
            "WHERE partition_date >= '2025-01-01' AND isdeleted = false\n"
            "GROUP BY eventid\n"
            "ORDER BY demand_count DESC\n"
            "LIMIT 10",
        ),
        "deleted_in_quarter": Question(
            "Deleted demand of a quarter, for an audit",
            'SELECT fanid, eventid, "date".requested, "date".deleted\n'
            "FROM demand\n"
            "WHERE isdeleted = true AND partition_date >= '2024-10-01' AND partition_date < '2025-01-01'",
        ),
        "notify_lag": Question(
            "Seconds from request to notification, on average",
            'SELECT AVG(to_unixtime(from_iso8601_timestamp("date".notified))'
            ' - to_unixtime(from_iso8601_timestamp("date".requested))) AS avg_lag_seconds\n'
            "FROM demand\n"
            "WHERE \"date\".notified IS NOT NULL AND partition_date >= '2025-01-01'",
        ),
        "event_on_a_day": Question(
            "Demand for one event on one day",
            "SELECT COUNT(*) AS demand_count\n"
            "FROM demand\n"
            "WHERE eventid = 'ovs-lantern-2027' AND partition_date = '2026-11-20'",
        ),
    }
)
