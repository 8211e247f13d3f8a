"""The photos bucket: what a visitor has uploaded with an answer, and the form with which a browser uploads the next one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from adapters.aws.faults import aws_calls
from adapters.aws.session import client
from domain.solicitation.pages import MOST_PHOTOS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_BYTES = 5 * 1024 * 1024
UPLOAD_SECONDS = 3600  # how long a form that was opened may be sent
SHOWN_SECONDS = 600  # how long the address of a picture holds
HEAD_BYTES = 12  # enough to tell the three kinds


def uploads(bucket: str, origin: str) -> Any:
    """The client to sign with, so that browsers are sent to `origin`, the one address that the pages' policy lets them use.

    On AWS that is the bucket's own name in its region (the global one answers with a redirect); elsewhere the bucket is in the path.
    """
    style = "virtual" if f"//{bucket}." in origin else "path"
    addressing: Any = {"addressing_style": style, "us_east_1_regional_endpoint": "regional"}
    return client("s3", Config(signature_version="s3v4", s3=addressing))


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture; `kind` is what its first bytes say it is, whatever the browser said."""

    key: str
    kind: str


@dataclass(frozen=True)
class Photos:
    """`photos/{delivery}/{number}-{mark}`. There are five keys a link, so that no link can fill the bucket."""

    s3: "S3Client"
    bucket: str

    def of(self, delivery: str) -> list[Photo]:
        """The delivery's pictures in the order of their keys, at most five; what is no JPEG, PNG or WebP is passed over."""
        return [Photo(key, kind) for key in self._keys(delivery)[:MOST_PHOTOS] if (kind := self._kind(key))]

    def form(self, delivery: str, photos: Sequence[Photo], token: str, back: str) -> dict[str, Any] | None:
        """Where to send the next picture (`url`, and `fields` before the file); then S3 leads to `back`. None: there are five.

        The policy takes one picture of at most 5 MB under this very key, in place of what is there and is none (S3: POST object).
        """
        taken = {photo.key.rpartition("/")[2].partition("-")[0] for photo in photos}
        free = next((number for number in range(1, MOST_PHOTOS + 1) if str(number) not in taken), None)
        if free is None:
            return None
        mark = sha256(token.encode()).hexdigest()[:16]  # a key is told to nobody who does not hold the link
        fixed = {"Content-Type": "image/jpeg", "success_action_redirect": back}
        with aws_calls(f"sign an upload to {self.bucket}"):
            return dict(
                self.s3.generate_presigned_post(
                    self.bucket,
                    f"photos/{delivery}/{free}-{mark}",
                    Fields=dict(fixed),
                    Conditions=[
                        ["starts-with", "$Content-Type", "image/"],
                        {"success_action_redirect": back},
                        ["content-length-range", 1, MOST_BYTES],
                    ],
                    ExpiresIn=UPLOAD_SECONDS,
                )
            )

    def address(self, photo: Photo) -> str:
        """Where a browser finds the picture for ten minutes, sent as what it is."""
        with aws_calls(f"sign {photo.key}"):
            return self.s3.generate_presigned_url(
                "get_object",
                Params={"Bucket": self.bucket, "Key": photo.key, "ResponseContentType": photo.kind},
                ExpiresIn=SHOWN_SECONDS,
            )

    def _keys(self, delivery: str) -> list[str]:
        with aws_calls(f"list photos of {delivery}"):
            listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"photos/{delivery}/")
        return sorted(item["Key"] for item in listed.get("Contents", ()))

    def _kind(self, key: str) -> str | None:
        with aws_calls(f"get {key}"):
            body = self.s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes=0-{HEAD_BYTES - 1}")["Body"]
            return kind_of(body.read())


def kind_of(head: bytes) -> str | None:
    """The media type that a picture's first bytes stand for: JPEG, PNG or WebP (RIFF); None for anything else."""
    return next((kind for kind, holds in _signs(head) if holds), None)


def _signs(head: bytes) -> Iterator[tuple[str, bool]]:
    yield "image/jpeg", head.startswith(b"\xff\xd8\xff")
    yield "image/png", head.startswith(b"\x89PNG\r\n\x1a\n")
    yield "image/webp", head[:4] == b"RIFF" and head[8:12] == b"WEBP"
