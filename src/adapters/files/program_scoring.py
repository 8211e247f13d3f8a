"""The part of a program file that says how candidates are scored: feature groups and models."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from adapters.files.program_fields import Id, Part, Shaped, Text, Texts

GroupName = Annotated[str, Shaped(r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,63}$", "the name of a feature group")]
Endpoint = Annotated[
    str, Shaped(r"^sagemaker://[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", "sagemaker:// and the endpoint's name")
]


def _some(texts: list[str]) -> list[str]:
    if not texts:
        raise ValueError("is empty")
    return texts


Features = Annotated[Texts, AfterValidator(_some)]


class FeatureGroup(Part):
    name: GroupName
    """The feature group in SageMaker Feature Store."""
    record: Literal["customer", "subject"]
    """Whose id names a record of the group."""
    features: Features
    """The features to read."""


class Model(Part):
    model_id: Id
    """Name of the model within the program."""
    endpoint: Endpoint
    """`sagemaker://` and the endpoint's name."""
    version: Text = "1"
    """Part of the score cache's key: a new version scores everybody anew."""
    enabled: bool = True
    """A disabled model is not called and has no weight."""
    features: Features
    """What the model is told, each from one of the feature groups."""
    weight: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share in the combined score; all weights add up to 1. Equal shares when no model has one."""
