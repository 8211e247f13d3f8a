"""A crowd in, the tables of product-reviews out: yesterday's completed deliveries, others that must not be asked about, contacts."""

from typing import Any

import numpy as np
import pyarrow as pa

from sandbox.sample.columns import days, draw, ids, instants, join, pick, shuffled
from sandbox.sample.crowd import Fate
from sandbox.sample.people import contacts
from sandbox.sample.propensity import Features, Truth
from sandbox.sample.scene import Scene, bot_scores, charges

Array = np.ndarray[Any, Any]
CATEGORIES = {
    "Books": 0.08,
    "Electronics": -0.06,
    "Garden": 0.02,
    "Home": 0.04,
    "Kitchen": 0.06,
    "Sports": -0.04,
    "Toys": 0.0,
}
THINGS = (
    "Café Press",
    "Lantern",
    "Notebook",
    "Kettle",
    "Backpack",
    "Über-Lamp",
    "Puzzle",
    "Trowel",
    "Headphones",
    "風呂敷",
)
KINDS = ("Classic", "Compact", "Everyday", "Folding", "Grand", "Little", "Nordic", "Quiet", "Travel", "Workshop")
OTHER_STATUSES = ("IN_TRANSIT", "RETURNED", "CANCELLED", "PENDING")
NOISE = 0.25  # rows that must not be extracted, a row that is
OFFSETS = (-31, -9, -3, -2, -2, 0, 0, 1)  # their days, D being 0; yesterday's have another status
PREFIXES = ("C", "P")
TRUTHS = (
    Truth(
        endpoint="review-propensity-v2",
        slopes={
            "engagement_score": (6.0, 0.5),
            "review_history": (0.06, 4.0),
            "trust_score": (1.0, 0.75),
            "price": (0.0003, 60.0),
            "rating_count": (0.00003, 800.0),
        },
        shifts={"category": CATEGORIES},
        lever="engagement_score",
        range=(0.0, 1.0),
        decimals=4,
    ),
)


def customer_features(size: int, rng: np.random.Generator) -> Features:
    """All but the lever: reviews written in the last year, and trust in [0, 1]."""
    return {
        "review_history": np.minimum(rng.poisson(4, size), 20),
        "trust_score": np.round(rng.beta(6, 2, size), 3),
    }


def subject_features(scene: Scene, rng: np.random.Generator) -> Features:
    """Category, price, and how many have rated the product."""
    size = len(scene.things)
    return {
        "category": rng.choice(sorted(CATEGORIES), size),
        "price": np.round(np.clip(rng.lognormal(3.6, 0.7, size), 4, 400), 2),
        "rating_count": np.minimum(rng.geometric(1 / 800, size), 4_000),
    }


def tables(scene: Scene, subjects: Features, seed: int) -> dict[str, pa.Table]:
    """The warehouse by table name; `subjects` are the products' features."""
    rng = np.random.default_rng([seed, 2])
    return {"deliveries": shuffled(_deliveries(scene, subjects, seed, rng), rng), "contacts": _contacts(scene, rng)}


def _deliveries(scene: Scene, subjects: Features, seed: int, rng: np.random.Generator) -> pa.Table:
    noise = int(NOISE * scene.funnel.extracted) + 8
    owner = np.concatenate([scene.crowd.owner, rng.integers(0, len(scene.people), noise)])
    product = np.concatenate([scene.subject, rng.integers(0, scene.subjects, noise)])
    distrusted = np.concatenate([scene.crowd.fate == Fate.DISTRUSTED, rng.random(noise) < 0.1])
    strangers, unverified, bots = charges(distrusted, 3, rng)
    offset, status = _when(len(scene.subject), noise, rng)
    titles = join(draw(rng, KINDS, scene.subjects), " ", draw(rng, THINGS, scene.subjects))
    price = subjects["price"][product] * rng.integers(1, 4, len(owner))
    return pa.table(
        {
            "delivery_id": ids("D", np.arange(len(owner)), seed),
            "customer_id": scene.people.take(pa.array(owner)),
            "product_id": scene.things.take(pa.array(product)),
            "product_title": titles.take(pa.array(product)),
            "marketplace": pick(list(scene.plan.places), scene.market[owner]),
            "delivery_date": days(scene.day, offset),
            "delivery_status": status,
            "verified_purchase": ~unverified,
            "account_relationship": ~strangers,
            "bot_score": bot_scores(bots, rng),
            "review_eligible": product < scene.eligible,
            "order_value": pa.array(np.round(price, 2)).cast(pa.decimal128(10, 2)),
        }
    )


def _when(extracted: int, noise: int, rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], pa.Array]:
    """Day and status by row: yesterday and completed, then rows where at least one of the two is not so."""
    other_day = np.arange(noise) % 2 == 0
    offset = np.where(other_day, rng.choice(OFFSETS, noise), -1)
    status = np.where(other_day & (rng.random(noise) < 0.9), 0, rng.integers(1, 1 + len(OTHER_STATUSES), noise))
    return (
        np.concatenate([np.full(extracted, -1), offset]),
        pick(("COMPLETED", *OTHER_STATUSES), np.concatenate([np.zeros(extracted, np.int64), status])),
    )


def _contacts(scene: Scene, rng: np.random.Generator) -> pa.Table:
    known = contacts(scene.people, scene.market, scene.plan.places, rng)
    return pa.table(
        {
            "customer_id": scene.people,
            "email": known["email"],
            "full_name": known["name"],
            "time_zone": known["time_zone"],
            "locale": known["locale"],
            "country": known["country"],
            "updated_at": instants(
                int(scene.plan.started_at(scene.day).timestamp())
                - rng.integers(86_400, 86_400 * 700, len(scene.people))
            ),
        }
    )
