"""boto3 and moto as they are, but for what they do again and again: most of the time of tests on them goes there."""

from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader, create_loader
from moto.core.serialize import BaseJSONSerializer

PLAIN = {"S": str, "N": str, "BOOL": bool}
SERIALIZE = BaseJSONSerializer._serialize_type_structure


def quicken_aws(patch: pytest.MonkeyPatch) -> None:
    """A session of boto3 reads the descriptions of its services anew: all share one reader. moto looks for each of the ten kinds that
    an attribute's value may be of under each of its names: a value of one plain kind is what it is.
    """
    patch.setattr(botocore.session, "create_loader", shared_loader)
    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", serialize_structure)


def shared_loader(search_path: str | None = None) -> Loader:
    loader = loader_of(search_path)
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # each session appends boto3's own
    return loader


@cache
def loader_of(search_path: str | None) -> Loader:
    return create_loader(search_path)


def serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if key and shape.name == "AttributeValue" and is_plain(value):
        self._default_serialize(serialized, dict(value), shape, key)
    else:
        SERIALIZE(self, serialized, value, shape, key)


def is_plain(value: Any) -> bool:
    if type(value) is not dict or len(value) != 1:
        return False
    [(kind, told)] = value.items()
    return type(told) is PLAIN.get(kind)
