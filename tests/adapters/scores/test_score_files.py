"""A file is read as it was when S3 told of it, from any byte on; what breaks on the way may be tried again, what is gone may not."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws
from score_services import ObjectServer, client

from adapters.aws.score_files import CONFIG, ScoreFiles, is_gzip
from domain.errors import Rejected, Unavailable
from domain.scores.drop import Arrival

KEY = "scrubbed/registrants.c1.tay.csv"
BODY = b"".join(b"%06d\n" % n for n in range(100_000))
ARRIVAL = Arrival("scoring", KEY, "v1", "0", datetime(2026, 2, 13, tzinfo=UTC))


@pytest.fixture
def server():
    with ObjectServer() as server:
        server.objects[KEY] = BODY
        yield server


@pytest.fixture
def files(server):
    own = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2})
    return ScoreFiles(client("s3", server, config=CONFIG.merge(own)))


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="scoring")
        yield s3


def read(files, arrival=ARRIVAL, offset=0):
    with files.open(arrival, offset) as raw:
        return raw.read()


@pytest.mark.parametrize("offset", [0, 1, 699_999, 700_000])
def test_a_file_is_read_from_a_byte_on(files, offset):
    assert read(files, offset=offset) == BODY[offset:]


def test_from_the_start_no_range_is_asked_for_since_an_empty_file_has_none(files, server):
    server.objects[KEY] = b""
    assert read(files) == b""
    assert server.ranges == [""]


def test_what_has_come_under_the_key_since_is_not_what_is_read(bucket):
    bucket.put_bucket_versioning(Bucket="scoring", VersioningConfiguration={"Status": "Enabled"})
    first = bucket.put_object(Bucket="scoring", Key=KEY, Body=b"first")["VersionId"]
    bucket.put_object(Bucket="scoring", Key=KEY, Body=b"second")
    assert read(ScoreFiles(bucket), replace(ARRIVAL, version_id=first)) == b"first"
    bucket.delete_object(Bucket="scoring", Key=KEY)
    assert read(ScoreFiles(bucket), replace(ARRIVAL, version_id=first)) == b"first"
    bucket.delete_object(Bucket="scoring", Key=KEY, VersionId=first)
    with pytest.raises(Rejected, match="is not there any more"):
        read(ScoreFiles(bucket), replace(ARRIVAL, version_id=first))


def test_without_versions_a_file_that_was_written_anew_is_gone(bucket):
    etag = bucket.put_object(Bucket="scoring", Key=KEY, Body=b"first")["ETag"]
    assert read(ScoreFiles(bucket), replace(ARRIVAL, version_id=etag)) == b"first"
    bucket.put_object(Bucket="scoring", Key=KEY, Body=b"second")
    with pytest.raises(Rejected, match="written anew"):
        read(ScoreFiles(bucket), replace(ARRIVAL, version_id=etag))


GONE = [(404, "NoSuchKey"), (404, "NoSuchVersion"), (405, "MethodNotAllowed"), (403, "InvalidObjectState")]


@pytest.mark.parametrize(("status", "code"), GONE)
def test_what_can_never_be_read_is_refused_by_name(files, server, status, code):
    server.refusals = [(status, code)]
    with pytest.raises(Rejected, match=KEY):
        read(files)


def test_s3_out_of_reach_is_unavailable(files, server):
    server.refusals = [(503, "SlowDown")] * 2
    with pytest.raises(Unavailable, match="SlowDown"):
        read(files)
    assert read(files) == BODY


def test_a_body_that_breaks_off_is_unavailable_and_never_looks_like_the_file_s_end(files, server):
    server.breaks = [300_000]
    with files.open(ARRIVAL) as raw:
        assert raw.read(200_000) == BODY[:200_000]
        with pytest.raises(Unavailable, match="broke off while it was read"):
            raw.read()
    assert read(files, offset=200_000) == BODY[200_000:]


def test_a_file_may_be_left_in_the_middle(files):
    with files.open(ARRIVAL) as raw:
        assert raw.readline() == b"000000\n"
    assert read(files) == BODY


@pytest.mark.parametrize(
    ("body", "packed"), [(b"\x1f\x8b\x08", True), (b"id,score\n", False), (b"", False), (b"\x1f", False)]
)
def test_gzip_is_known_by_its_first_bytes_which_are_read_all_the_same(files, server, body, packed):
    server.objects[KEY] = body
    with files.open(ARRIVAL) as raw:
        assert is_gzip(raw) is packed
        assert raw.read() == body


def test_documents_are_kept_as_lines_of_json_over_what_stood_there(files, server):
    for row in (1, 2):
        files.keep("scoring", "errors/c1/l/part-000000.jsonl", [{"row": row, "cells": ["=cmd()", "a\nb"]}, {"row": 9}])
    lines = server.objects["errors/c1/l/part-000000.jsonl"].splitlines()
    assert [json.loads(line) for line in lines] == [{"row": 2, "cells": ["=cmd()", "a\nb"]}, {"row": 9}]
