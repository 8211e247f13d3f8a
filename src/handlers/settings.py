"""What a function is told by its stack: a frozen dataclass out to environment variables, and back in at cold start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Settings:
    """Subclass with str fields; `runs_table` travels as RUNS_TABLE. A field with a default may be left out."""

    def to_env(self) -> dict[str, str]:
        return {field.name.upper(): str(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the variables; a missing one is a KeyError that names every missing one."""
        present = {
            field.name: environment[field.name.upper()] for field in fields(cls) if field.name.upper() in environment
        }
        try:
            return cls(**present)
        except TypeError as error:
            missing = [field.name.upper() for field in fields(cls) if field.name not in present]
            raise KeyError(f"{cls.__name__}: environment variables not set: {', '.join(missing)}") from error
