"""A workgroup's name in, where its queries leave their results out: as the AWS behind the stand-in keeps it.

What else there is of Athena but queries (workgroups, named queries) is handed on to it as it came.
"""

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.aws_http import AwsError
from sandbox.ministack import REGION

SCOPE = f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/athena/aws4_request, SignedHeaders=host, Signature=none"
PRIMARY = "primary"
LONGEST = 30  # seconds; it answers within milliseconds, or never
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Workgroups:
    """`endpoint`: of the AWS behind; None: there is none, and all workgroups are alike."""

    endpoint: str | None = None

    def results(self, name: str, wanted: str | None) -> str | None:
        """The workgroup's place where it insists on it or nobody named another. AwsError: it is closed."""
        try:
            found = self.ask("GetWorkGroup", {"WorkGroup": name})["WorkGroup"] if name != PRIMARY else {}
        except AwsError:
            return wanted  # of a program's own account, which is not here
        if found.get("State") == "DISABLED":
            raise AwsError(400, "InvalidRequestException", f"WorkGroup {name} is disabled.")
        told = found.get("Configuration", {})
        place: str | None = told.get("ResultConfiguration", {}).get("OutputLocation")
        enforced = told.get("EnforceWorkGroupConfiguration", bool(place))
        return place if place and (_true(enforced) or not wanted) else wanted

    def ask(self, operation: str, request: Mapping[str, Any]) -> Answer:
        """Its answer, or AwsError in its words."""
        if self.endpoint is None:
            raise AwsError(400, "UnknownOperationException", f"{operation} is not answered here")
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AmazonAthena.{operation}"}
        asked = urllib.request.Request(  # noqa: S310  the sandbox's own address
            self.endpoint, orjson.dumps(request), {**headers, "authorization": SCOPE}, method="POST"
        )
        try:
            with urllib.request.urlopen(asked, timeout=LONGEST) as answer:  # noqa: S310
                told: Answer = orjson.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            said = orjson.loads(error.read() or b"{}")
            code = said.get("__type", "InternalServerException").rpartition("#")[2]
            raise AwsError(error.code, code, said.get("message", said.get("Message", ""))) from error
        return told


def _true(value: Any) -> bool:
    """A template's booleans may have become texts."""
    return str(value).lower() == "true"
