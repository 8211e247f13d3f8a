"""What retraining works with, and one model's turn in it: where its files lie, and what is answered about it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.aws.champions import Champions
from adapters.aws.deliveries import Deliveries
from adapters.aws.endpoints import SCHEME, Endpoints
from adapters.aws.score_features import ScoreFeatures
from adapters.aws.training import Training
from adapters.aws.training_files import TrainingFiles, model_folder, training_folder
from domain.errors import Rejected
from domain.solicitation.program import Model, Program
from domain.solicitation.retraining import job_name
from domain.solicitation.stored import iso

Answer = dict[str, Any]


@dataclass(frozen=True)
class Workshop:
    """`code` is the folder of the training code in the asset."""

    deliveries: Deliveries
    features: ScoreFeatures
    files: TrainingFiles
    training: Training
    endpoints: Endpoints
    champions: Champions
    code: Path


@dataclass(frozen=True)
class Turn:
    """One model of a program, retrained at one time; everything else follows from these three and the files."""

    program: Program
    model: Model
    at: datetime

    @classmethod
    def of(cls, program: Program, model: str, at: datetime) -> "Turn":
        """Rejected: the program has no such model; the text names those it has."""
        known = {one.id: one for one in program.scoring.models}
        if model not in known:
            raise Rejected(f"{program.id} has no model {model!r}; it has: {', '.join(known)}")
        return cls(program, known[model], at)

    @property
    def endpoint(self) -> str:
        return self.model.endpoint.removeprefix(SCHEME)

    @property
    def training(self) -> str:
        return training_folder(self.program.id, self.model.id, self.at.date())

    @property
    def models(self) -> str:
        return model_folder(self.program.id, self.model.id, self.at.date())

    @property
    def dataset(self) -> str:
        """The key of the dataset's document: written last, so what it names is whole."""
        return f"{self.training}/dataset.json"

    def job(self, dataset: Answer) -> str:
        return job_name(self.program.id, self.model.id, self.at.date(), dataset["hash"])

    def next(self, step: str, *, wait: bool = False, **more: Any) -> Answer:
        """The event of the step that comes next, for the machine to send as it is; `wait`: not at once."""
        told = {"program": self.program.id, "model": self.model.id, "scheduledTime": iso(self.at)}
        return {**told, "step": step, "wait": wait, **more}

    def end(self, outcome: str, reason: str) -> Answer:
        """DEPLOYED or KEPT, and why."""
        return self.next("end", outcome=outcome, reason=reason)
