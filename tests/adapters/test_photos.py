"""Where browsers are sent with a photo, and what counts as one."""

import base64
import json

import boto3
import pytest

from adapters.aws import session
from adapters.aws.photos import Photo, Photos, kind_of, uploads

TOKEN = "a token"


@pytest.fixture(autouse=True)
def access(monkeypatch):
    session.session.cache_clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    yield
    session.session.cache_clear()


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_on_aws_a_browser_is_sent_to_the_buckets_own_address_in_its_region(monkeypatch, region):
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    origin = f"https://shop-photos.s3.{region}.amazonaws.com"
    photos = Photos(uploads("shop-photos", origin), "shop-photos")
    assert photos.form("d", [], TOKEN, "https://back")["url"] == f"{origin}/"
    assert photos.address(Photo("photos/d/1-a", "image/png")).startswith(f"{origin}/photos/d/1-a?")


def test_elsewhere_the_bucket_is_in_the_path(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    photos = Photos(uploads("shop-photos", "http://127.0.0.1:4566"), "shop-photos")
    assert photos.form("d", [], TOKEN, "https://back")["url"] == "http://127.0.0.1:4566/shop-photos"
    assert photos.address(Photo("photos/d/1-a", "image/png")).startswith(
        "http://127.0.0.1:4566/shop-photos/photos/d/1-a?"
    )


def form(taken, token=TOKEN):
    client = boto3.client("s3", region_name="eu-west-1")
    return Photos(client, "photos").form(
        "d", [Photo(f"photos/d/{number}-a", "image/png") for number in taken], token, "https://back"
    )


def test_the_policy_takes_one_image_of_at_most_five_megabytes_under_one_key():
    policy = json.loads(base64.b64decode(form([])["fields"]["policy"]))["conditions"]
    assert ["content-length-range", 1, 5 * 1024 * 1024] in policy
    assert ["starts-with", "$Content-Type", "image/"] in policy
    assert {"key": form([])["fields"]["key"]} in policy
    assert {"success_action_redirect": "https://back"} in policy


def test_the_first_free_place_of_five_is_offered():
    places = [form(taken)["fields"]["key"].split("/")[2][0] for taken in ([], [1], [2], [1, 2, 4])]
    assert places == ["1", "2", "1", "3"]
    assert form([1, 2, 3, 4, 5]) is None


def test_a_link_has_the_same_five_keys_always_and_no_other_link_has_them():
    keys = {form([])["fields"]["key"] for _ in range(3)}
    assert len(keys) == 1
    assert form([], "another token")["fields"]["key"] not in keys


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBP", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVE", None),
        (b"GIF89a", None),
        (b"<svg", None),
        (b"", None),
    ],
)
def test_a_picture_is_told_by_its_first_bytes(head, kind):
    assert kind_of(head) == kind
