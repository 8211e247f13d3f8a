"""SageMaker's control plane in, models trained by the shipped code and deployed into the runtime stand-in out."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from sandbox.aws_http import AwsError, AwsServer, Reply, Request
from sandbox.model import LogisticModel
from sandbox.sagemaker import SageMakerServer
from sandbox.training_job import model_of, train
from sandbox.training_state import ARN, Document, Jobs, MovingEndpoint, TrainingFaults, invalid, named


class TrainingServer(AwsServer):
    """Trains from and to the S3 of `s3`, and deploys into `serving`, whose loaded models are endpoints of a first configuration.

    boto3's `sagemaker` client reaches it by `endpoint`.
    """

    faults: TrainingFaults

    def __init__(self, s3: Callable[[], Any], serving: SageMakerServer) -> None:
        super().__init__(TrainingFaults())
        self.models: dict[str, Document] = {}
        self.configs: dict[str, Document] = {}
        self._s3, self._serving = s3, serving
        self._jobs, self._endpoints = Jobs(), dict[str, MovingEndpoint]()
        self._deployed: dict[str, LogisticModel] = {}  # by configuration
        self._state = threading.RLock()

    def answer(self, request: Request) -> Reply:
        operation = request.headers.get("x-amz-target", "").removeprefix("SageMaker.")
        verb = VERBS.get(operation)
        with self._lock:
            self.calls[operation] += 1
        try:
            if verb is None:
                raise AwsError(400, "UnknownOperationException", f"no such operation: {operation}")
            with self._state:
                return Reply(
                    orjson.dumps(verb(self, orjson.loads(request.body or b"{}"))), "application/x-amz-json-1.1"
                )
        except AwsError as error:
            raise AwsError(error.status, error.code, error.message, {"__type": error.code}) from error

    def create_training_job(self, asked: Document) -> Document:
        name = named(asked, "TrainingJobName")
        if name in self._jobs.known:
            raise AwsError(400, "ResourceInUse", f"Training job names must be unique; {name} exists.")
        self._jobs.known[name] = {**asked, "TrainingJobStatus": "InProgress"}
        self._jobs.looks[name] = self.faults.looks
        failing = self.faults.take("fail_training")
        threading.Thread(target=self._run, args=(name, asked, failing), daemon=True).start()
        return {"TrainingJobArn": ARN.format(kind="training-job", name=name)}

    def describe_training_job(self, asked: Document) -> Document:
        """A job is done when its thread is, and has been seen under way often enough."""
        job = self._jobs.known.get(name := asked["TrainingJobName"])
        if job is None:
            raise invalid("Requested resource not found.")
        arn = ARN.format(kind="training-job", name=name)
        if self._jobs.looks[name] > 0:
            self._jobs.looks[name] -= 1
            job = {key: job[key] for key in job if key not in DONE} | {"TrainingJobStatus": "InProgress"}
        return {**job, "TrainingJobArn": arn, "SecondaryStatus": job["TrainingJobStatus"], "CreationTime": 0}

    def create_model(self, asked: Document) -> Document:
        name = named(asked, "ModelName")
        return self._add(self.models, "model", name, asked)

    def create_endpoint_config(self, asked: Document) -> Document:
        name = named(asked, "EndpointConfigName")
        for variant in asked["ProductionVariants"]:
            if variant["ModelName"] not in self.models:
                raise invalid(f'Could not find model "{variant["ModelName"]}".')
        return self._add(self.configs, "endpoint configuration", name, asked)

    def describe_endpoint_config(self, asked: Document) -> Document:
        name = asked["EndpointConfigName"]
        for endpoint in self._serving.models:
            self._present(endpoint)  # whose first configurations are there from the beginning
        if name not in self.configs:
            raise invalid(f'Could not find endpoint configuration "{name}".')
        return {
            **self.configs[name],
            "EndpointConfigArn": ARN.format(kind="endpoint-config", name=name),
            "CreationTime": 0,
        }

    def update_endpoint(self, asked: Document) -> Document:
        name, config = asked["EndpointName"], asked["EndpointConfigName"]
        endpoint = self._present(name)
        if endpoint.next:
            raise invalid(f'Cannot update in-progress endpoint "{name}".')
        if config not in self.configs:
            raise invalid(f'Could not find endpoint configuration "{config}".')
        endpoint.next, endpoint.looks = config, self.faults.looks
        endpoint.going_back = self.faults.take("roll_back")
        return {"EndpointArn": ARN.format(kind="endpoint", name=name)}

    def describe_endpoint(self, asked: Document) -> Document:
        name = asked["EndpointName"]
        endpoint = self._present(name)
        status = "InService"
        if endpoint.next and endpoint.looks > 0:
            endpoint.looks, status = endpoint.looks - 1, "RollingBack" if endpoint.going_back else "Updating"
        elif endpoint.next:
            self._arrive(name, endpoint)
        return {
            "EndpointName": name,
            "EndpointArn": ARN.format(kind="endpoint", name=name),
            "EndpointConfigName": endpoint.config,
            "EndpointStatus": status,
            "CreationTime": 0,
            "LastModifiedTime": 0,
        }

    def _arrive(self, name: str, endpoint: MovingEndpoint) -> None:
        assert endpoint.next is not None
        if not endpoint.going_back:
            endpoint.config = endpoint.next
            endpoint.model = self._model(endpoint.config)
            self._serving.deploy(name, endpoint.model)
        endpoint.next, endpoint.going_back = None, False

    def _model(self, config: str) -> LogisticModel:
        if config not in self._deployed:
            model = self.models[self.configs[config]["ProductionVariants"][0]["ModelName"]]
            self._deployed[config] = model_of(self._s3(), model["PrimaryContainer"]["ModelDataUrl"])
        return self._deployed[config]

    def _present(self, name: str) -> MovingEndpoint:
        """The endpoint as it stands; one that was loaded, or loaded anew, has a configuration of its own content."""
        model = self._serving.models.get(name)
        if model is None:
            raise invalid(f'Could not find endpoint "{name}".')
        known = self._endpoints.get(name)
        if known is None or known.model is not model:
            config = f"{name}-{hashlib.sha256(repr(model).encode()).hexdigest()[:8]}"
            variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1}
            self.configs[config] = {
                "EndpointConfigName": config,
                "ProductionVariants": [{**variant, "InstanceType": "ml.m5.large"}],
            }
            self._deployed[config] = model
            known = self._endpoints[name] = MovingEndpoint(config, model)
        return known

    def _add(self, kept: dict[str, Document], kind: str, name: str, asked: Document) -> Document:
        if name in kept:
            raise invalid(f'Cannot create already existing {kind} "arn:…/{name}".')
        kept[name] = asked
        return {"ModelArn" if kind == "model" else "EndpointConfigArn": ARN.format(kind=kind, name=name)}

    def _run(self, name: str, asked: Document, failing: bool) -> None:
        try:
            if failing:
                raise RuntimeError("the instance failed")
            done = {
                "TrainingJobStatus": "Completed",
                "ModelArtifacts": {"S3ModelArtifacts": train(self._s3(), name, asked)},
            }
        except Exception as error:  # noqa: BLE001 - whatever the job's code raises fails the job, as in the container
            done = {"TrainingJobStatus": "Failed", "FailureReason": f"AlgorithmError: {type(error).__name__}: {error}"}
        with self._state:
            self._jobs.known[name] |= done


VERBS: Mapping[str, Callable[[TrainingServer, Document], Document]] = {
    "CreateTrainingJob": TrainingServer.create_training_job,
    "DescribeTrainingJob": TrainingServer.describe_training_job,
    "CreateModel": TrainingServer.create_model,
    "CreateEndpointConfig": TrainingServer.create_endpoint_config,
    "DescribeEndpointConfig": TrainingServer.describe_endpoint_config,
    "UpdateEndpoint": TrainingServer.update_endpoint,
    "DescribeEndpoint": TrainingServer.describe_endpoint,
}
DONE = ("ModelArtifacts", "FailureReason")
