"""The other side: what one would write instead, with pandas, pydantic and boto3's own Table.batch_writer.

It asks the same tables, feature store and model, and writes the same items. It does less than ours: no work files to go on
from after a crash, no ledger, no verdict a candidate, no score cache, and it does not look for candidates that stand already.
"""

import gzip
import json
from datetime import timedelta
from typing import Any

import boto3
import pandas as pd

from benchmarks.facts import program
from benchmarks.ours import RUN
from benchmarks.peer_items import items
from benchmarks.wire import Wire

COLUMNS = {
    "customer": "customer",
    "subject": "subject",
    "eventdate": "event_date",
    "marketplace": "marketplace",
    "subjectname": "subject_name",
    "relationship": "relationship",
    "purchaseverified": "purchase_verified",
    "botscore": "bot_score",
    "subjecteligible": "subject_eligible",
    "ordervalue": "order_value",
}
MONTH_AGO = (RUN.started_at - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Peer:
    """A script's worth of clients, as boto3 makes them by default."""

    def __init__(self, wire: Wire) -> None:
        session = boto3.Session()
        self.s3 = wire.attach(session.client("s3"))
        self.features = wire.attach(session.client("sagemaker-featurestore-runtime"))
        self.models = wire.attach(session.client("sagemaker-runtime"))
        self.dynamodb = session.resource("dynamodb")
        wire.attach(self.dynamodb.meta.client)
        self.table = self.dynamodb.Table("Candidates")
        wire.attach(self.table.meta.client)

    def run(self, key: str) -> int:
        """How many candidates it stored."""
        frame = self.eligible(self.read(key))
        frame["score"] = self.score(frame)
        with self.table.batch_writer() as batch:
            for row in frame.to_dict("records"):
                base, index = items(row)
                batch.put_item(Item=index)
                batch.put_item(Item=base)
        return len(frame)

    def read(self, key: str) -> pd.DataFrame:
        """Valid rows, the latest event of each customer and subject."""
        lines = gzip.decompress(self.s3.get_object(Bucket="work", Key=key)["Body"].read()).splitlines()
        frame = pd.DataFrame([json.loads(line) for line in lines]).rename(columns=COLUMNS)
        at = pd.to_datetime(frame["event_date"], format="%Y-%m-%dT%H:%M:%SZ", errors="coerce", utc=True)
        oldest = RUN.started_at - timedelta(days=program().max_event_age_days)
        known = frame["marketplace"].isin([marketplace.id for marketplace in program().marketplaces])
        frame = frame[at.between(oldest, RUN.started_at) & known & frame["customer"].notna() & frame["subject"].notna()]
        frame = frame.sort_values("event_date").drop_duplicates(["customer", "subject"], keep="last")
        for column in ("bot_score", "order_value"):
            frame[column] = pd.to_numeric(frame[column])
        return frame

    def eligible(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The chain: trust, eligibility, frequency cap."""
        history = self.histories(frame["customer"].unique())
        frame = frame[
            (frame["relationship"] == "1") & (frame["purchase_verified"] == "1") & (frame["bot_score"] <= 0.5)
        ]
        touched = pd.Series(
            [
                subject in history["touched"].get(customer, ())
                for customer, subject in zip(frame["customer"], frame["subject"], strict=True)
            ],
            index=frame.index,
        )
        opted_out = frame["customer"].isin(history["opted_out"])
        frame = frame[~touched & (frame["subject_eligible"] == "1") & ~opted_out]
        frame = frame.sort_values(["customer", "event_date", "subject"], ascending=[True, False, True])
        room = 3 - frame["customer"].map(history["asks"]).fillna(0)
        return frame[frame.groupby("customer").cumcount() < room].sort_values(["customer", "subject"])

    def histories(self, customers: Any) -> dict[str, Any]:
        """Opt-outs, subjects answered or asked for, and requests of the last 30 days, from the Customers table."""
        parts = ("PROFILE", f"PROGRAM#{program().id}", f"CAP#{program().cap_group}")
        keys = [{"PK": f"CUSTOMER#{customer}", "SK": part} for customer in customers for part in parts]
        opted_out, touched, asks = set(), {}, {}
        for start in range(0, len(keys), 100):
            request = {"Customers": {"Keys": keys[start : start + 100]}}
            while request:
                answer = self.dynamodb.batch_get_item(RequestItems=request)
                for item in answer["Responses"]["Customers"]:
                    customer = item["PK"].removeprefix("CUSTOMER#")
                    if item.get("optedOut"):
                        opted_out.add(customer)
                    if item["SK"].startswith("PROGRAM#"):
                        touched[customer] = {*item.get("answered", ()), *item.get("asked", ())}
                    if item["SK"].startswith("CAP#"):
                        asks[customer] = sum(ask > MONTH_AGO for ask in item["asks"])
                request = answer["UnprocessedKeys"]
        return {"opted_out": opted_out, "touched": touched, "asks": asks}

    def score(self, frame: pd.DataFrame) -> list[float]:
        """One model, a thousand rows a call."""
        known: dict[str, dict[str, Any]] = {}
        for group, column in (("customer-features", "customer"), ("product-features", "subject")):
            names = next(list(found.features) for found in program().scoring.groups if found.name == group)
            ids = list(frame[column].unique())
            for start in range(0, len(ids), 100):
                asked = {
                    "FeatureGroupName": group,
                    "RecordIdentifiersValueAsString": ids[start : start + 100],
                    "FeatureNames": names,
                }
                for record in self.features.batch_get_record(Identifiers=[asked])["Records"]:
                    known[record["RecordIdentifierValueAsString"]] = {
                        value["FeatureName"]: _feature(value["ValueAsString"]) for value in record["Record"]
                    }
        pairs = list(zip(frame["customer"], frame["subject"], strict=True))
        lines = [json.dumps({**known[customer], **known[subject]}) for customer, subject in pairs]
        scores: list[float] = []
        for start in range(0, len(lines), 1000):
            answer = self.models.invoke_endpoint(
                EndpointName="review-propensity-v2",
                Body="\n".join(lines[start : start + 1000]),
                ContentType="application/jsonlines",
                Accept="application/jsonlines",
            )
            scores += [json.loads(line)["score"] for line in answer["Body"].read().splitlines()]
        return [round(score, 6) for score in scores]


def _feature(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
