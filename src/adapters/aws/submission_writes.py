"""An answer and what stands in the tables in; the writes that store it and all that follows from it out, for one transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.aws.attribute_values import encode_item, encode_value
from adapters.aws.deliveries import count_shard
from domain.solicitation.answer import Answer
from domain.solicitation.delivery import campaign_key, delivery_key
from domain.solicitation.keys import customer_key, escaped
from domain.solicitation.stored import iso
from domain.solicitation.submission import CONSUMED, consumption, index_keys, outbox_item

Change = dict[str, Any]
Item = Mapping[str, Any]


class Tables(Protocol):
    """The names of the tables."""

    @property
    def candidates_table(self) -> str: ...
    @property
    def customers_table(self) -> str: ...
    @property
    def deliveries_table(self) -> str: ...
    @property
    def responses_table(self) -> str: ...
    @property
    def subjects_table(self) -> str: ...


@dataclass(frozen=True)
class Ground:
    """What an answer changes, as just read; an item that is not there is empty. `aggregate` is only read for tags."""

    tables: Tables
    candidate: Item
    delivery: Item
    aggregate: Item


@dataclass
class Expression:
    """An UpdateExpression in the making: every name and value gets a placeholder."""

    sets: list[str] = field(default_factory=list)
    adds: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def name(self, attribute: str) -> str:
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = attribute
        return placeholder

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = encode_value(value)
        return placeholder

    def set(self, attribute: str, value: Any) -> None:
        self.sets.append(f"{self.name(attribute)} = {self.value(value)}")

    def add(self, attribute: str, value: Any) -> None:
        self.adds.append(f"{self.name(attribute)} {self.value(value)}")

    def update(self, table: str, key: Mapping[str, str], condition: str | None = None) -> Change:
        parts = [f"{verb} {', '.join(terms)}" for verb, terms in (("SET", self.sets), ("ADD", self.adds)) if terms]
        return {
            "Update": {
                "TableName": table,
                "Key": encode_item(key),
                "UpdateExpression": " ".join(parts),
                **({"ConditionExpression": condition} if condition else {}),
                "ExpressionAttributeNames": self.names,
                "ExpressionAttributeValues": self.values,
            }
        }


def changes(answer: Answer, ground: Ground) -> list[Change]:
    """Every write of one submission; the first one's condition makes it the only one."""
    tables = ground.tables
    return [
        _put(tables.responses_table, answer.to_item(), ConditionExpression="attribute_not_exists(PK)"),
        _put(tables.responses_table, outbox_item(answer)),
        _aggregate(answer, ground),
        _history(answer, tables.customers_table),
        *_candidate(answer, ground),
        *_delivery(answer, ground),
    ]


def _put(table: str, item: Item, **condition: str) -> Change:
    return {"Put": {"TableName": table, "Item": encode_item(item), **condition}}


def _aggregate(answer: Answer, ground: Ground) -> Change:
    opinion, expression = answer.opinion, Expression()
    for attribute, value in (("name", answer.subject_name), ("genre", answer.genre), ("artist", answer.artist)):
        if value is not None:
            expression.set(attribute, value)
    if opinion.stars is not None:
        expression.add("ratingCount", 1)
        expression.add("ratingSum", opinion.stars)
    if opinion.thumb is not None:
        expression.add("thumbsUp" if opinion.thumb == "up" else "thumbsDown", 1)
    condition = _tags(expression, opinion.tags, "tags" in ground.aggregate) if opinion.tags else None
    key = {"PK": f"PROGRAM#{escaped(answer.program)}#SUBJECT#{escaped(answer.subject)}", "SK": "AGGREGATE"}
    return expression.update(ground.tables.subjects_table, key, condition)


def _tags(expression: Expression, tags: tuple[str, ...], counted: bool) -> str:
    """One more of each tag: ADD reaches no member of a map, so SET does; the first tags ever make the map."""
    if not counted:
        expression.set("tags", dict.fromkeys(tags, 1))
        return f"attribute_not_exists({expression.name('tags')})"
    counts, none, one = expression.name("tags"), expression.value(0), expression.value(1)
    for tag in tags:
        path = f"{counts}.{expression.name(tag)}"
        expression.sets.append(f"{path} = if_not_exists({path}, {none}) + {one}")
    return f"attribute_exists({counts})"


def _history(answer: Answer, table: str) -> Change:
    expression = Expression()
    expression.add("answered", {answer.subject})
    return expression.update(table, {"PK": customer_key(answer.customer), "SK": f"PROGRAM#{answer.program}"})


def _candidate(answer: Answer, ground: Ground) -> Iterator[Change]:
    """The candidate is consumed on all its channels; one that TTL has taken stays away, and the answer counts all the same."""
    table, candidate = ground.tables.candidates_table, ground.candidate
    if not candidate:
        absent = {"TableName": table, "Key": encode_item(answer.key)}
        yield {"ConditionCheck": {**absent, "ConditionExpression": "attribute_not_exists(PK)"}}
    elif candidate["status"] != CONSUMED:
        expression = Expression()
        expression.set("status", CONSUMED)
        expression.set("consumed", consumption(answer))
        expression.set("updatedAt", iso(answer.submitted_at))
        expression.add("version", 1)
        unmoved = f"{expression.name('version')} = {expression.value(candidate['version'])}"
        yield expression.update(table, answer.key, unmoved)
        for key in index_keys(candidate):
            yield {"Delete": {"TableName": table, "Key": encode_item(key)}}


def _delivery(answer: Answer, ground: Ground) -> Iterator[Change]:
    """The first answer joins the delivery's timeline and moves its campaign's count, together."""
    table, delivery = ground.tables.deliveries_table, ground.delivery
    if not delivery or answer.delivery is None or "answered" in delivery.get("timeline", {}):
        return
    moment, expression = iso(answer.submitted_at), Expression()
    timeline = expression.name("timeline")
    if "timeline" in delivery:
        expression.sets.append(f"{timeline}.{expression.name('answered')} = {expression.value(moment)}")
        condition = f"attribute_exists({timeline})"
    else:
        expression.set("timeline", {"answered": moment})
        condition = f"attribute_exists(PK) AND attribute_not_exists({timeline})"
    yield expression.update(table, delivery_key(answer.delivery), condition)
    count = Expression()
    count.add("answered", 1)
    yield count.update(table, {"PK": campaign_key(delivery["campaign"])["PK"], "SK": count_shard(answer.delivery)})
