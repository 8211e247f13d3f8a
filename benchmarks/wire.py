"""botocore's prepared requests in, answers out, without a socket: the same for both sides, its own CPU counted apart."""

import re
from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from time import thread_time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from botocore.awsrequest import AWSResponse

from adapters.aws.attribute_values import decode_item, encode_item

Find = Callable[[str, dict[str, str]], dict[str, Any] | None]
Reply = tuple[int, bytes]
XML = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>{}</ListBucketResult>'


class Body:
    """A response's raw stream, as botocore reads one."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        cut = len(self.content) if amount is None else amount
        taken, self.content = self.content[:cut], self.content[cut:]
        return taken

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()

    def readinto(self, buffer: Any) -> int:
        taken = self.read(len(buffer))
        buffer[: len(taken)] = taken
        return len(taken)


class Wire:
    """S3, DynamoDB, the online feature store and model endpoints. `find` says what a table holds under a key."""

    def __init__(self, find: Find, features: Callable[[str], dict[str, str]], model: Callable[[Any], float]) -> None:
        self.find, self.features, self.model = find, features, model
        self.objects: dict[str, bytes] = {}
        self.writes: list[bytes] = []
        self.keeps_writes = True
        self.calls: dict[str, int] = defaultdict(int)
        self.seconds = 0.0  # CPU spent in here, which is no side's
        self.lock = Lock()

    def attach(self, client: Any) -> Any:
        client.meta.events.register_first("before-send", self.reply)
        return client

    def forget(self) -> None:
        self.objects.clear()
        self.writes.clear()

    def items(self, table: str) -> dict[tuple[str, str], dict[str, Any]]:
        """What was written to a table, by key; the last write counts."""
        written: dict[tuple[str, str], dict[str, Any]] = {}
        for body in self.writes:
            for request in orjson.loads(body)["RequestItems"].get(table, ()):
                item = decode_item(request["PutRequest"]["Item"])
                written[(item["PK"], item["SK"])] = item
        return written

    def reply(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[1]
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        begun = thread_time()
        status, content = getattr(self, f"_{operation}")(request, body)
        self.calls[operation] += 1
        response = AWSResponse(request.url, status, {"Content-Length": str(len(content))}, Body(content))
        with self.lock:
            self.seconds += thread_time() - begun
        return response

    def _PutObject(self, request: Any, body: bytes) -> Reply:
        self.objects[_key(request.url)] = _unframed(body) if "X-Amz-Trailer" in request.headers else body
        return 200, b""

    def _GetObject(self, request: Any, body: bytes) -> Reply:
        return 200, self.objects[_key(request.url)]

    def _ListObjectsV2(self, request: Any, body: bytes) -> Reply:
        [prefix] = parse_qs(urlsplit(request.url).query)["prefix"]
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        return 200, XML.format("".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)).encode()

    def _GetItem(self, request: Any, body: bytes) -> Reply:
        asked = orjson.loads(body)
        return 200, orjson.dumps({"Item": encode_item(self.find(asked["TableName"], decode_item(asked["Key"])) or {})})

    def _UpdateItem(self, request: Any, body: bytes) -> Reply:
        return 200, b"{}"

    def _BatchGetItem(self, request: Any, body: bytes) -> Reply:
        [(table, asked)] = orjson.loads(body)["RequestItems"].items()
        found = [item for key in asked["Keys"] if (item := self.find(table, decode_item(key)))]
        return 200, orjson.dumps({"Responses": {table: [encode_item(item) for item in found]}, "UnprocessedKeys": {}})

    def _BatchWriteItem(self, request: Any, body: bytes) -> Reply:
        if self.keeps_writes:
            self.writes.append(body)
        return 200, b'{"UnprocessedItems":{}}'

    def _BatchGetRecord(self, request: Any, body: bytes) -> Reply:
        [asked] = orjson.loads(body)["Identifiers"]
        records = [self._record(asked["FeatureGroupName"], id) for id in asked["RecordIdentifiersValueAsString"]]
        return 200, orjson.dumps({"Records": records, "Errors": [], "UnprocessedIdentifiers": []})

    def _record(self, group: str, id: str) -> dict[str, Any]:
        values = [{"FeatureName": name, "ValueAsString": value} for name, value in self.features(id).items()]
        return {"FeatureGroupName": group, "RecordIdentifierValueAsString": id, "Record": values}

    def _InvokeEndpoint(self, request: Any, body: bytes) -> Reply:
        return 200, b"".join(
            orjson.dumps({"score": self.model(orjson.loads(line))}) + b"\n" for line in body.splitlines()
        )


def _key(url: str) -> str:
    return unquote(urlsplit(url).path).lstrip("/").removeprefix("work/")


def _unframed(body: bytes) -> bytes:
    """The content of an aws-chunked body."""
    content = b""
    while (head := re.match(rb"([0-9a-f]+)\r\n", body)) and (size := int(head[1], 16)):
        content += body[head.end() : head.end() + size]
        body = body[head.end() + size + 2 :]
    return content
