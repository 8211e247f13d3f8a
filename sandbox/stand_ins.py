"""The services the embedded AWS lacks, as servers of this process: warehouse, SageMaker, Feature Store and SES."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sandbox.feature_store import FeatureStoreServer
from sandbox.ministack import Ministack
from sandbox.sagemaker import SageMakerServer
from sandbox.ses import Account, Fates, SesServer, to_bus
from sandbox.timeline import Clock
from sandbox.training import TrainingServer
from sandbox.warehouse import WarehouseServer

SENDING_RATE = 400.0  # mails a second; an account that sends millions has that much
FATES = Fates(bounced=0.01, soft_bounced=0.005, complained=0.002, seed=1)


@dataclass(frozen=True)
class StandIns:
    """boto3 reaches them, in any process, by the variables of `environment`."""

    warehouse: WarehouseServer
    sagemaker: SageMakerServer
    training: TrainingServer
    feature_store: FeatureStoreServer
    ses: SesServer

    @classmethod
    def start(cls, aws: Ministack, cache: Path, clock: Clock) -> Self:
        """Start all on free ports. The warehouse unloads to the S3 of `aws` and models are trained from it, SES puts events on
        its default bus, with the times of `clock`; fitted models are kept in `cache`.
        """
        account, models = Account(rate=SENDING_RATE), SageMakerServer(cache).start()
        return cls(
            WarehouseServer(aws.endpoint, glue=True).start(),
            models,
            TrainingServer(lambda: aws.client("s3"), models).start(),
            FeatureStoreServer().start(),
            SesServer(clock.now, publish=to_bus(aws.client("events")), account=account, fates=FATES).start(),
        )

    def endpoints(self) -> dict[str, str]:
        """By the name boto3 has for the service."""
        return {
            "athena": self.warehouse.endpoint,
            "redshift-data": self.warehouse.endpoint,
            "sagemaker": self.training.endpoint,
            "sagemaker-runtime": self.sagemaker.endpoint,
            "sagemaker-featurestore-runtime": self.feature_store.endpoint,
            "sesv2": self.ses.endpoint,
        }

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL_ATHENA": self.warehouse.endpoint,
            "AWS_ENDPOINT_URL_REDSHIFT_DATA": self.warehouse.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER": self.training.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.sagemaker.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": self.feature_store.endpoint,
            "AWS_ENDPOINT_URL_SESV2": self.ses.endpoint,
        }

    def load(self, folder: Path) -> None:
        """Tables, models and features of a data folder; what is missing in it stays as it was."""
        self.warehouse.load(folder)
        self.sagemaker.load(folder)
        self.feature_store.load(folder)

    def stop(self) -> None:
        for server in (self.warehouse, self.training, self.sagemaker, self.feature_store, self.ses):
            server.stop()
