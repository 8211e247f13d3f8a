"""The outputs bucket as retraining uses it: training sets, the training code, and what a job has left."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.aws.faults import aws_calls
from adapters.aws.work_files import WorkFiles
from adapters.files import jsonl
from domain.errors import Unavailable

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class TrainingFiles:
    """Below `training/` what is learnt from, erasable by row; below `models/` code, artefacts and decisions."""

    outputs: WorkFiles

    def uri(self, key: str) -> str:
        return f"s3://{self.outputs.bucket}/{key}"

    def write_rows(self, folder: str, parts: Mapping[str, Mapping[str, Rows]]) -> None:
        """One file a part (`train`, `holdout`) and date."""
        for part, days in parts.items():
            for day, rows in days.items():
                self.outputs.write(f"{folder}/{part}/{day}.jsonl.gz", rows)

    def rows(self, folder: str, part: str) -> Iterator[dict[str, Any]]:
        """In the order of the training code: by date, then as written."""
        for key in self.outputs.keys(f"{folder}/{part}/"):
            yield from self.outputs.read(key)

    def document(self, key: str) -> Any:
        """A JSON document, None where it is not there."""
        try:
            return self.outputs.read_json(key)
        except Unavailable as error:
            if error.__cause__ is not None and "NoSuchKey" in str(error):
                return None
            raise

    def keep(self, key: str, document: Any) -> None:
        self.outputs.write_json(key, document)

    def ship(self, folder: Path) -> str:
        """The training code as the container unpacks it, under its content's name; its address."""
        archive = packed(folder)
        key = f"models/code/{sha256(archive).hexdigest()[:16]}/source.tar.gz"
        with aws_calls(f"put {key}"):
            self.outputs.s3.put_object(Bucket=self.outputs.bucket, Key=key, Body=archive)
        return self.uri(key)

    def output(self, job_output: str, name: str, member: str) -> Any:
        """A JSON file that the job has left among its outputs. KeyError: it has left none of that name."""
        key = f"{job_output}/{name}/output/output.tar.gz"
        with aws_calls(f"get {key}"):
            body = self.outputs.s3.get_object(Bucket=self.outputs.bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
            found = archive.extractfile(member)
            assert found is not None, f"{member} is no file"
            return json.loads(found.read())


def training_folder(program: str, model: str, day: date) -> str:
    return f"training/{program}/{model}/{day.isoformat()}"


def model_folder(program: str, model: str, day: date) -> str:
    return f"models/{program}/{model}/{day.isoformat()}"


def rows_hash(parts: Mapping[str, Mapping[str, Rows]]) -> str:
    """Of the rows and how they are split."""
    digest = sha256()
    for part, days in sorted(parts.items()):
        for day, rows in sorted(days.items()):
            digest.update(f"{part}\0{day}\0".encode())
            digest.update(gzip.decompress(jsonl.encode(rows)))
    return digest.hexdigest()[:16]


def packed(folder: Path) -> bytes:
    """The folder's scripts, equal sources giving equal bytes."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in sorted(folder.glob("[a-z]*.py")):
            content = path.read_bytes()
            member = tarfile.TarInfo(path.name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
