"""SageMaker's control plane: training jobs, models and endpoint configurations made once, endpoints moved and looked at."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.faults import aws_calls, code
from domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

INSTANCE = "ml.m5.large"  # 200,000 rows of a few features need a minute of it
MOST_SECONDS = 3600
SCRIPT = "propensity.py"
BAKE_SECONDS = 300  # both fleets stand that long after the switch, so that a rollback is instant
# Of an endpoint's present configuration: what a new one takes over, so that its owner's sizes stay.
TAKEN_OVER = ("DataCaptureConfig", "KmsKeyId", "ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation")


@dataclass(frozen=True, slots=True)
class Job:
    """One training job; `inputs` are S3 prefixes by channel, `code` the script's archive, `output` the prefix it writes below."""

    name: str
    code: str
    inputs: Mapping[str, str]
    output: str


@dataclass(frozen=True, slots=True)
class Trained:
    """`status` is SageMaker's: InProgress, Completed, Failed, Stopping or Stopped; `why` its own words on a failure."""

    status: str
    artefact: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`config` is the configuration that serves now; `status` is SageMaker's: InService, Updating, RollingBack, Failed …"""

    status: str
    config: str


@dataclass(frozen=True)
class Training:
    """`image` is AWS's scikit-learn container, `role` what it and the models run with. Every call may be repeated."""

    sagemaker: "SageMakerClient"
    image: str
    role: str

    def start(self, job: Job) -> None:
        """A job of this name that is there already is the one we want."""
        machines: Any = {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 10}
        with aws_calls(f"start {job.name}"), _once():
            self.sagemaker.create_training_job(
                TrainingJobName=job.name,
                AlgorithmSpecification={"TrainingImage": self.image, "TrainingInputMode": "File"},
                HyperParameters={name: json.dumps(value) for name, value in _script(job.code).items()},
                RoleArn=self.role,
                InputDataConfig=[_channel(name, prefix) for name, prefix in job.inputs.items()],
                OutputDataConfig={"S3OutputPath": job.output},
                ResourceConfig=machines,
                StoppingCondition={"MaxRuntimeInSeconds": MOST_SECONDS},
            )

    def state(self, name: str) -> Trained:
        with aws_calls(f"look at {name}"):
            found = self.sagemaker.describe_training_job(TrainingJobName=name)
        artefact = found.get("ModelArtifacts", {}).get("S3ModelArtifacts")
        return Trained(found["TrainingJobStatus"], artefact, found.get("FailureReason"))

    def add_model(self, name: str, artefact: str, code: str) -> None:
        script = {word.upper(): value for word, value in _script(code).items()}
        with aws_calls(f"create model {name}"), _once():
            self.sagemaker.create_model(
                ModelName=name,
                PrimaryContainer={"Image": self.image, "ModelDataUrl": artefact, "Environment": script},
                ExecutionRoleArn=self.role,
            )

    def add_config(self, name: str, like: str) -> None:
        """The configuration `like` with the model `name` in place of its own; both names are one."""
        with aws_calls(f"create endpoint configuration {name}"):
            present: Any = self.sagemaker.describe_endpoint_config(EndpointConfigName=like)
            variant: Any = {**present["ProductionVariants"][0], "ModelName": name}
            kept = {key: present[key] for key in TAKEN_OVER if present.get(key)}
            with _once():
                self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **kept)

    def endpoint(self, name: str) -> Endpoint:
        with aws_calls(f"look at endpoint {name}"):
            found = self.sagemaker.describe_endpoint(EndpointName=name)
        return Endpoint(found["EndpointStatus"], found.get("EndpointConfigName", ""))

    def move(self, endpoint: str, config: str) -> None:
        """Blue/green: the new fleet takes over once it stands; should it not come to, SageMaker goes back by itself."""
        routing: Any = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": BAKE_SECONDS}
        policy: Any = {"TrafficRoutingConfiguration": routing, "MaximumExecutionTimeoutInSeconds": MOST_SECONDS}
        with aws_calls(f"update endpoint {endpoint}"):
            self.sagemaker.update_endpoint(
                EndpointName=endpoint,
                EndpointConfigName=config,
                DeploymentConfig={"BlueGreenUpdatePolicy": policy},
            )


def _script(code: str) -> dict[str, str]:
    """What the container's toolkit is told, in training as in serving."""
    return {"sagemaker_program": SCRIPT, "sagemaker_submit_directory": code}


def _channel(name: str, prefix: str) -> Any:
    source = {"S3DataType": "S3Prefix", "S3Uri": prefix, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


@contextmanager
def _once() -> Iterator[None]:
    """Take no offence at what is there already; of models and configurations SageMaker says so in words alone."""
    try:
        yield
    except ClientError as error:
        if code(error) == "ResourceLimitExceeded":
            raise Unavailable(str(error)) from error
        if code(error) != "ResourceInUse" and "already existing" not in str(error):
            raise
