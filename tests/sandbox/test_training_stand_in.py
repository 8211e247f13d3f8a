"""boto3's own client talks to the control plane's stand-in as it does to SageMaker; what it trains is the shipped code."""

import ast
import io
import json
import tarfile
from pathlib import Path
from time import monotonic, sleep

import boto3
import numpy as np
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from adapters.aws.training_files import packed
from adapters.files import jsonl
from sandbox.model import LogisticModel, fit
from sandbox.sagemaker import SageMakerServer
from sandbox.training import TrainingServer
from training import propensity

CODE = Path(propensity.__file__).parent
OLD = LogisticModel(0.0, {"trust": 1.0}, {})
ROWS = [
    {
        "delivery": f"d{number}",
        "label": int(number % 10 + (number * 7) % 5 > 6),
        "features": {"trust": number % 10 / 10, "kind": "ab"[number % 2]},
    }
    for number in range(400)
]


@pytest.fixture
def world(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws(), SageMakerServer() as serving, TrainingServer(lambda: boto3.client("s3"), serving) as server:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="outputs")
        s3.put_object(Bucket="outputs", Key="code.tar.gz", Body=packed(CODE))
        for channel, rows in (("train", ROWS[:300]), ("holdout", ROWS[300:])):
            s3.put_object(Bucket="outputs", Key=f"set/{channel}/2026-11-01.jsonl.gz", Body=jsonl.encode(rows))
        serving.deploy("propensity", OLD)
        client = boto3.client(
            "sagemaker", endpoint_url=server.endpoint, config=Config(retries={"total_max_attempts": 1}, read_timeout=5)
        )
        yield client, server, s3


def start(client, name="job-1", **change):
    channels = [
        {
            "ChannelName": channel,
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://outputs/set/{channel}/"}},
        }
        for channel in ("train", "holdout")
    ]
    script = {"sagemaker_program": "propensity.py", "sagemaker_submit_directory": "s3://outputs/code.tar.gz"}
    asked = {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "HyperParameters": {key: json.dumps(value) for key, value in script.items()},
        "RoleArn": "arn:aws:iam::123456789012:role/training",
        "InputDataConfig": channels,
        "OutputDataConfig": {"S3OutputPath": "s3://outputs/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    return client.create_training_job(**{**asked, **change})


def ended(client, name="job-1"):
    until = monotonic() + 60
    while (job := client.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] == "InProgress":
        assert monotonic() < until
        sleep(0.02)
    return job


def left(s3, address, name):
    body = s3.get_object(Bucket="outputs", Key=address.removeprefix("s3://outputs/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return json.loads(archive.extractfile(name).read())


def configured(client, name="new"):
    artefact = ended(client)["ModelArtifacts"]["S3ModelArtifacts"]
    client.create_model(ModelName=name, PrimaryContainer={"Image": "image", "ModelDataUrl": artefact})
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])


def refused(call, **asked):
    with pytest.raises(ClientError) as error:
        call(**asked)
    return error.value.response["Error"]["Code"]


def test_a_job_leaves_its_model_and_its_scores_of_the_holdout(world):
    client, _, s3 = world
    start(client)
    job = ended(client)
    assert job["TrainingJobStatus"] == "Completed"
    model = LogisticModel(**left(s3, job["ModelArtifacts"]["S3ModelArtifacts"], "model.json"))
    said = left(s3, "models/job-1/output/output.tar.gz", "holdout.json")
    assert said["features"] == ["kind", "trust"]
    assert said["scores"] == pytest.approx(model.predict([row["features"] for row in ROWS[300:]]).tolist(), abs=1e-9)


def test_the_shipped_code_fits_what_the_stand_in_of_serving_fits(world):
    """One regression for the endpoints a sandbox begins with and for those that retraining brings."""
    import pyarrow as pa

    rows = [{**row["features"], "label": row["label"]} for row in ROWS]
    ours = propensity.fit([row["features"] for row in ROWS], [row["label"] for row in ROWS])
    theirs = fit(pa.Table.from_pylist(rows))
    said = propensity.predict(ours, [row["features"] for row in ROWS])
    assert np.allclose(said, theirs.predict([row["features"] for row in ROWS]), atol=1e-6)


def test_a_job_whose_code_raises_has_failed_with_its_words(world):
    client, _, s3 = world
    broken = [{**ROWS[0], "features": {"trust": 0.1}}]
    s3.put_object(Bucket="outputs", Key="set/train/2026-11-02.jsonl.gz", Body=jsonl.encode(broken))
    start(client)
    job = ended(client)
    assert job["TrainingJobStatus"] == "Failed"
    assert "kind" in job["FailureReason"]


def test_a_name_taken_is_refused_as_sagemaker_refuses_it(world):
    client, _, _ = world
    start(client)
    assert refused(lambda: start(client)) == "ResourceInUse"
    configured(client)
    assert refused(lambda: configured(client)) == "ValidationException"


def test_an_update_is_seen_under_way_and_then_served(world):
    client, server, _ = world
    server.faults.looks = 2
    first = client.describe_endpoint(EndpointName="propensity")
    assert (first["EndpointStatus"], server._serving.models["propensity"]) == ("InService", OLD)
    start(client)
    configured(client)
    client.update_endpoint(EndpointName="propensity", EndpointConfigName="new")
    assert refused(client.update_endpoint, EndpointName="propensity", EndpointConfigName="new") == "ValidationException"
    seen = [client.describe_endpoint(EndpointName="propensity") for _ in range(3)]
    assert [each["EndpointStatus"] for each in seen] == ["Updating", "Updating", "InService"]
    assert (seen[0]["EndpointConfigName"], seen[2]["EndpointConfigName"]) == (first["EndpointConfigName"], "new")
    assert server._serving.models["propensity"] is not OLD


def test_an_update_back_to_the_first_configuration_serves_the_first_model(world):
    client, server, _ = world
    first = client.describe_endpoint(EndpointName="propensity")["EndpointConfigName"]
    assert (
        client.describe_endpoint_config(EndpointConfigName=first)["ProductionVariants"][0]["ModelName"] == "propensity"
    )
    start(client)
    configured(client)
    for config in ("new", first):
        client.update_endpoint(EndpointName="propensity", EndpointConfigName=config)
        client.describe_endpoint(EndpointName="propensity")
    assert server._serving.models["propensity"] == OLD


def test_an_update_that_is_rolled_back_leaves_the_old_model(world):
    client, server, _ = world
    start(client)
    configured(client)
    server.faults.roll_back = 1
    client.update_endpoint(EndpointName="propensity", EndpointConfigName="new")
    found = client.describe_endpoint(EndpointName="propensity")
    assert (found["EndpointStatus"], found["EndpointConfigName"] == "new") == ("InService", False)
    assert server._serving.models["propensity"] is OLD


@pytest.mark.parametrize(
    ("verb", "asked"),
    [
        ("describe_training_job", {"TrainingJobName": "none"}),
        ("describe_endpoint", {"EndpointName": "none"}),
        ("describe_endpoint_config", {"EndpointConfigName": "none"}),
        ("update_endpoint", {"EndpointName": "propensity", "EndpointConfigName": "none"}),
        ("create_endpoint_config", {"EndpointConfigName": "x", "ProductionVariants": [{"VariantName": "a", "ModelName": "no"}]}),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused(world, verb, asked):
    assert refused(getattr(world[0], verb), **asked) == "ValidationException"


def test_the_code_is_of_a_python_that_the_container_has():
    """AWS's scikit-learn container 1.2-1 runs Python 3.9 and has none of our packages."""
    text = (CODE / "propensity.py").read_text()
    tree = ast.parse(text, feature_version=(3, 9))
    names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names | froms <= {
        *("__future__", "gzip", "hashlib", "json", "os", "collections", "collections.abc", "pathlib", "typing"),
        *("numpy", "sklearn.linear_model"),
    }


def test_behind_an_endpoint_the_script_answers_as_the_stand_in_does(tmp_path):
    model = propensity.fit([row["features"] for row in ROWS], [row["label"] for row in ROWS])
    (tmp_path / "model.json").write_text(json.dumps(model))
    body = b"".join(json.dumps(row["features"]).encode() + b"\n" for row in ROWS[:3])
    loaded = propensity.model_fn(str(tmp_path))
    said, kind = propensity.output_fn(
        propensity.predict_fn(propensity.input_fn(body, "application/jsonlines"), loaded), "application/jsonlines"
    )
    assert kind == "application/jsonlines"
    expected = LogisticModel(**model).predict([row["features"] for row in ROWS[:3]])
    assert [json.loads(line)["score"] for line in said.splitlines()] == pytest.approx(expected.tolist(), abs=1e-9)
