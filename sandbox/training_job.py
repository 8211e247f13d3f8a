"""A training job as SageMaker was asked for it in, what the shipped script makes of its S3 files out: back on S3."""

import importlib.util
import io
import tarfile
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from sandbox.model import LogisticModel


def train(s3: Any, name: str, asked: dict[str, Any]) -> str:
    """Run the script over the channels' files as the container does; the address of the artefact. Raises what the script raises."""
    parameters = {key: orjson.loads(value) for key, value in asked["HyperParameters"].items()}
    with tempfile.TemporaryDirectory(prefix="training-") as scratch:
        work = Path(scratch)
        for place in ("code", "model", "output"):
            (work / place).mkdir()
        for channel in asked["InputDataConfig"]:
            _fetch(s3, channel["DataSource"]["S3DataSource"]["S3Uri"], work / channel["ChannelName"])
        with tarfile.open(fileobj=io.BytesIO(_read(s3, parameters["sagemaker_submit_directory"]))) as archive:
            archive.extractall(work / "code", filter="data")
        script = _script(work / "code" / parameters["sagemaker_program"])
        script.train(work / "train", work / "holdout", work / "model", work / "output")
        target = f"{asked['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/output"
        for place in ("model", "output"):
            bucket, key = _place(f"{target}/{place}.tar.gz")
            s3.put_object(Bucket=bucket, Key=key, Body=_packed(work / place))
    return f"{target}/model.tar.gz"


def model_of(s3: Any, artefact: str) -> LogisticModel:
    """What an artefact of the script answers with."""
    with tarfile.open(fileobj=io.BytesIO(_read(s3, artefact))) as opened:
        found = opened.extractfile("model.json")
        assert found is not None
        return LogisticModel(**orjson.loads(found.read()))


def _fetch(s3: Any, source: str, folder: Path) -> None:
    bucket, prefix = _place(source)
    folder.mkdir()
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for key in [item["Key"] for page in pages for item in page.get("Contents", ())]:
        (folder / key.rpartition("/")[2]).write_bytes(_read(s3, f"s3://{bucket}/{key}"))


def _read(s3: Any, address: str) -> bytes:
    bucket, key = _place(address)
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def _place(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key


def _script(path: Path) -> ModuleType:
    """The shipped file itself, not the module of this checkout."""
    spec = importlib.util.spec_from_file_location(f"shipped_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name)
    return buffer.getvalue()
