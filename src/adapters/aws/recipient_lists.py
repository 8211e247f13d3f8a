"""The plan of a program's campaigns for one date, and the lists it points to, in the work bucket."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson
from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls, code
from adapters.aws.work_files import WorkFiles
from adapters.files import jsonl
from domain.errors import Unavailable

LEFT_OUT, HELD_OUT = "left-out.jsonl.gz", "held-out.jsonl.gz"


@dataclass(frozen=True)
class RecipientLists:
    """`plan.json` is what counts. Lists lie in a folder named by what is in them, so that no other start overwrites a plan's."""

    files: WorkFiles

    def plan(self, program: str, day: date) -> dict[str, Any] | None:
        """The plan that stands for the date; None: none does yet."""
        with aws_calls(f"read the plan of {program} for {day}"):
            try:
                answer = self.files.s3.get_object(Bucket=self.files.bucket, Key=f"{folder(program, day)}/plan.json")
            except self.files.s3.exceptions.NoSuchKey:  # inside: an object that is not there may come, says `aws_calls`
                return None
        plan: dict[str, Any] = orjson.loads(answer["Body"].read())
        return plan

    def write(self, program: str, day: date, lists: Mapping[str, bytes]) -> str:
        """Write the lists, each under its name, into a folder of their own, whose key is returned."""
        digest = sha256(b"".join(name.encode() + sha256(body).digest() for name, body in sorted(lists.items())))
        own = f"{folder(program, day)}/plan-{digest.hexdigest()[:12]}"
        for name, body in lists.items():
            self._put(f"{own}/{name}", body)
        return own

    def commit(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Make it the plan of its date unless one stands already; the one that stands now."""
        program, day = plan["program"], date.fromisoformat(plan["date"])
        body = orjson.dumps(plan, option=orjson.OPT_SORT_KEYS)
        try:
            self._put(f"{folder(program, day)}/plan.json", body, IfNoneMatch="*")
        except ClientError as error:
            if code(error) not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
        standing = self.plan(program, day)
        if standing is None:
            raise Unavailable(f"the plan of {program} for {day} is being written by another start")
        return standing

    def tell_left_out(self, plan: Mapping[str, Any]) -> None:
        """Keep the plan's list of who was left out where it is looked for: `left-out.jsonl.gz` beside `plan.json`."""
        day = date.fromisoformat(plan["date"])
        self.files.copy(f"{plan['folder']}/{LEFT_OUT}", f"{folder(plan['program'], day)}/{LEFT_OUT}")

    def rows(self, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows of some lists, one after the other."""
        for key in keys:
            yield from self.files.read(key)

    def _put(self, key: str, body: bytes, **condition: Any) -> None:
        with aws_calls(f"put s3://{self.files.bucket}/{key}"):
            self.files.s3.put_object(Bucket=self.files.bucket, Key=key, Body=body, **condition)


def packed(rows: Iterable[jsonl.Row]) -> bytes:
    """Rows as a list holds them."""
    return jsonl.encode(rows)


def folder(program: str, day: date) -> str:
    return f"campaigns/{program}/{day.isoformat()}"
