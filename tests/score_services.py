"""Kinesis and S3 over HTTP in this process, as far as a load of scores asks them, and as unreliable as it has to bear."""

import base64
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import boto3

from sandbox.aws_http import AwsError, AwsServer, Faults, Reply, Request

REFUSAL = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for shard"}
XML = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>no</Message></Error>'


class PutRecordsServer(AwsServer):
    """`refuses` is asked of each entry's partition key; `taken` are keys and records in the order the stream has them."""

    def __init__(self, refuses: Callable[[str], bool] = lambda key: False) -> None:
        super().__init__(Faults())
        self.refuses = refuses
        self.taken: list[tuple[str, bytes]] = []
        self.offers: list[list[str]] = []  # of each call the keys
        self.answers_lost = 0  # of the coming calls: done, and an error told

    def answer(self, request: Request) -> Reply:
        entries = json.loads(request.body)["Records"]
        self._check(entries)
        self.offers.append([it["PartitionKey"] for it in entries])
        results = [self._result(it) for it in entries]
        if self.answers_lost:
            self.answers_lost -= 1
            raise AwsError(500, "InternalFailure", "no")
        failed = sum("ErrorCode" in it for it in results)
        return Reply(
            json.dumps({"FailedRecordCount": failed, "Records": results}).encode(), "application/x-amz-json-1.1"
        )

    def _result(self, entry: dict[str, str]) -> dict[str, str]:
        if self.refuses(entry["PartitionKey"]):
            return REFUSAL
        self.taken.append((entry["PartitionKey"], base64.b64decode(entry["Data"])))
        return {"SequenceNumber": str(len(self.taken)), "ShardId": "shardId-000000000000"}

    @staticmethod
    def _check(entries: list[dict[str, str]]) -> None:
        """AWS's limits, of which it refuses the whole call."""
        sizes = [len(base64.b64decode(it["Data"])) + len(it["PartitionKey"].encode()) for it in entries]
        keys = [len(it["PartitionKey"]) for it in entries]
        if (
            not 1 <= len(entries) <= 500
            or max(sizes) > 2**20
            or sum(sizes) > 10 * 2**20
            or max(keys) > 256
            or not min(keys)
        ):
            raise AwsError(400, "ValidationException", "a limit of PutRecords")


def at_random(seed: int, share: float) -> Callable[[str], bool]:
    """Refuses that share of entries, whichever come."""
    chance = random.Random(seed)
    return lambda key: chance.random() < share


class ObjectServer(AwsServer):
    """GetObject of one version each, with Range and If-Match, and PutObject."""

    def __init__(self) -> None:
        super().__init__(Faults())
        self.objects: dict[str, bytes] = {}
        self.breaks: list[int | None] = []  # for each coming GET: after how many bytes it breaks off, if it does
        self.ranges: list[str] = []
        self.refusals: list[tuple[int, str]] = []  # for each coming GET

    def answer(self, request: Request) -> Reply:
        key = unquote(request.path).split("/", 2)[2]
        if request.method == "PUT":
            self.objects[key] = request.body
            return Reply(b"", "application/xml")
        if self.refusals:
            status, code = self.refusals.pop(0)
            return Reply(XML.format(code).encode(), "application/xml", status)
        assert "versionId" in parse_qs(request.query) or "if-match" in request.headers
        self.ranges.append(request.headers.get("range", ""))
        return self._sent(self.objects[key], request.headers.get("range", ""))

    def _sent(self, body: bytes, asked: str) -> Reply:
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if asked and begin >= len(body):
            return Reply(XML.format("InvalidRange").encode(), "application/xml", 416)
        breaks = self.breaks.pop(0) if self.breaks else None
        if breaks is not None:  # the server promises twice what it sends
            rest = body[begin : begin + breaks]
            return Reply(rest + bytes(len(rest)), "text/csv", 206 if asked else 200, broken_off=True)
        return Reply(body[begin:], "text/csv", 206 if asked else 200)


def client(service: str, server: AwsServer, **options: Any) -> Any:
    """A client of that server alone."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
    return boto3.client(service, endpoint_url=server.endpoint, **credentials, **options)
