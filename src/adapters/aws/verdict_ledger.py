"""What Slack has heard of a campaign, and who is telling it: a report in, the right to post it out, for one worker at a time."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.faults import aws_calls, code
from domain.scores.keys import slack_row
from domain.scores.load import COMPLETE
from domain.scores.report import TOLD, Report, Reported
from domain.scores.verdict_words import Post

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE = timedelta(seconds=90)  # longer than an invocation lives: who is alive never finds its claim run out
POSTING, POSTED = "POSTING", "POSTED"
EARLIER = ""  # the key of what was told before we did
NEW, FREE = "attribute_not_exists(#state)", "#state = :POSTED AND #key = :was"
OURS = "#state = :POSTING AND #claim.#key = :key AND #claim.#worker = :worker"
THEIRS = f"{OURS} AND #claim.#until = :until"


@dataclass(frozen=True, slots=True)
class Claim:
    """A report that is about to be posted, or was when its worker died. `told` are the attributes it leaves behind."""

    key: str
    worker: str
    claimed_at: datetime
    until: datetime
    channel: str
    post: Post | None
    is_first: bool  # we have told nothing of the campaign before
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slate:
    """Of a campaign: what Slack has heard `last`, and the claim under which it is just hearing more."""

    last: Reported | None = None
    claim: Claim | None = None


@dataclass(frozen=True)
class VerdictLedger:
    """`campaign:{id}` / `meta:slack:counts`. Every method raises Unavailable where the table is out of reach."""

    dynamodb: "DynamoDBClient"
    table: str
    lease: timedelta = LEASE

    def read(self, campaign: str) -> Slate:
        key = encode_item(slack_row(campaign).attributes())
        with aws_calls(f"read what Slack has heard of {campaign}"):
            item = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})
        found = decode_item(item)
        return Slate(_last(found), _claim(found["claim"]) if found.get("state") == POSTING else None)

    def claim(self, report: Report, post: Post | None, channel: str, worker: str, now: datetime) -> Claim | None:
        """The right to post what the report says; `post` None: nobody is to hear it. None: somebody else has told or is telling."""
        told = {**report.figures, "loads": list(report.loads), "outcome": report.outcome, "key": report.key}
        processed = report.processed if report.processed is not None else report.last and report.last.processed
        told |= {} if processed is None else {"processed": processed}
        before = report.last.key if report.last else EARLIER
        mine = Claim(report.key, worker, now, now + self.lease, channel, post, before == EARLIER, told)
        was = {"was": before, "POSTED": POSTED} if before else {}
        return self._taken(report.campaign, mine, FREE if before else NEW, was)

    def take_over(self, campaign: str, claim: Claim, worker: str, now: datetime) -> Claim | None:
        """A claim that has run out, under a lease of one's own; it may have been posted. None: somebody else was faster."""
        mine = replace(claim, worker=worker, until=now + self.lease)
        theirs = {"key": claim.key, "worker": claim.worker, "until": claim.until.isoformat()}
        return self._taken(campaign, mine, THEIRS, theirs)

    def posted(self, campaign: str, claim: Claim, ts: str | None, now: datetime) -> None:
        """Slack has heard it: `ts` is the message's name there, None where nobody was to. Who has taken the claim over finds it."""
        text = claim.post.text if claim.post else None
        told = {**claim.told, "state": POSTED, "at": now.isoformat(), "ts": ts, "text": text}
        change = "SET " + ", ".join(f"#{name} = :new_{name}" for name in told)
        self._ours(campaign, claim, f"{change} REMOVE #claim", **{f"new_{name}": it for name, it in told.items()})

    def give_back(self, campaign: str, claim: Claim) -> None:
        """Slack has not heard it, for sure: whoever looks next begins anew."""
        if claim.is_first:
            self._ours(campaign, claim, "REMOVE #claim, #state")
        else:
            self._ours(campaign, claim, "SET #state = :POSTED REMOVE #claim", POSTED=POSTED)

    def _taken(self, campaign: str, mine: Claim, condition: str, were: Mapping[str, Any]) -> Claim | None:
        """A call that is repeated because its answer was lost finds its own claim in the way."""
        change = "SET #state = :POSTING, #claim = :claim"
        stands = self._change(campaign, change, condition, **were, POSTING=POSTING, claim=_attributes(mine))
        return mine if stands in (None, mine) else None

    def _ours(self, campaign: str, claim: Claim, change: str, **values: Any) -> None:
        self._change(campaign, change, OURS, **values, POSTING=POSTING, key=claim.key, worker=claim.worker)

    def _change(self, campaign: str, change: str, condition: str, **values: Any) -> Claim | bool | None:
        """None: done. Otherwise the claim that stands in the way, False where it is none."""
        update: Any = {
            "TableName": self.table,
            "Key": encode_item(slack_row(campaign).attributes()),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {name: name[1:] for name in re.findall(r"#\w+", f"{change} {condition}")},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if values:
            update["ExpressionAttributeValues"] = encode_item({f":{name}": value for name, value in values.items()})
        try:
            with aws_calls(f"write what Slack hears of {campaign}"):
                self.dynamodb.update_item(**update)
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            response: Any = error.response  # the item that is in the way is in it, whatever botocore's types say
            stands = decode_item(response.get("Item", {})).get("claim")
            return _claim(stands) if stands else False
        return None


def _attributes(claim: Claim) -> dict[str, Any]:
    """The message as JSON: Slack's words are no attributes of ours."""
    times = {"claimedAt": claim.claimed_at.isoformat(), "until": claim.until.isoformat()}
    post = json.dumps(asdict(claim.post)) if claim.post else None
    return {
        "key": claim.key,
        "worker": claim.worker,
        **times,
        "channel": claim.channel,
        "post": post,
        "first": claim.is_first,
        "told": dict(claim.told),
    }


def _claim(stands: Mapping[str, Any]) -> Claim:
    post = json.loads(stands["post"]) if stands["post"] else None
    return Claim(
        stands["key"],
        stands["worker"],
        datetime.fromisoformat(stands["claimedAt"]),
        datetime.fromisoformat(stands["until"]),
        stands["channel"],
        Post(post["text"], tuple(post["blocks"]), tuple(post["attachments"])) if post else None,
        stands["first"],
        stands["told"],
    )


def _last(item: Mapping[str, Any]) -> Reported | None:
    """What another system has written holds the figures alone (seed 004); it was told, too. What is no figure was not."""
    numbers = {name: item[name] for name in (*TOLD, "processed") if isinstance(item.get(name), int)}
    if "verified" not in numbers:
        return None
    figures = {name: numbers.get(name, 0) for name in TOLD}
    loads, outcome = tuple(item.get("loads", ())), item.get("outcome", COMPLETE)
    return Reported(item.get("key", EARLIER), figures, numbers.get("processed"), loads, outcome)
