"""The services the embedded AWS lacks, as servers of this process: warehouse, SageMaker and Feature Store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sandbox.feature_store import FeatureStoreServer
from sandbox.sagemaker import SageMakerServer
from sandbox.warehouse import WarehouseServer


@dataclass(frozen=True)
class StandIns:
    """boto3 reaches them, in any process, by the variables of `environment`."""

    warehouse: WarehouseServer
    sagemaker: SageMakerServer
    feature_store: FeatureStoreServer

    @classmethod
    def start(cls, s3_endpoint: str, cache: Path) -> Self:
        """Start all on free ports. The warehouse unloads to `s3_endpoint`; fitted models are kept in `cache`."""
        return cls(
            WarehouseServer(s3_endpoint, glue=True).start(),
            SageMakerServer(cache).start(),
            FeatureStoreServer().start(),
        )

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL_ATHENA": self.warehouse.endpoint,
            "AWS_ENDPOINT_URL_REDSHIFT_DATA": self.warehouse.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.sagemaker.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": self.feature_store.endpoint,
        }

    def load(self, folder: Path) -> None:
        """Tables, models and features of a data folder; what is missing in it stays as it was."""
        self.warehouse.load(folder)
        self.sagemaker.load(folder)
        self.feature_store.load(folder)

    def stop(self) -> None:
        self.warehouse.stop()
        self.sagemaker.stop()
        self.feature_store.stop()
