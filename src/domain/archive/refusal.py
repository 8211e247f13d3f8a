"""Why one change record cannot be archived, as a value: a code for machines, a fingerprint for clusters, a message for people."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.archive.misfit import Problem
from domain.errors import Rejected

PLACE = re.compile(r"\[\d+\]")  # in a list: which one it is makes no cause of its own
SHOWN = 5  # problems of one record, in its message and fingerprint


@dataclass(frozen=True, slots=True)
class Reason:
    """Names of fields and types, never a value."""

    code: str
    message: str
    fingerprint: str


class Refused(Rejected):
    """This record can never be archived as it is."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


def refused(code: str, message: str, *about: str) -> Refused:
    """`about`: kind and field, as far as they are known."""
    return Refused(Reason(code, message, ":".join((code, *about))))


def misfitting(kind: str, problems: Sequence[Problem]) -> Refused:
    """All that is wrong with an image, under the code of what was found first."""
    causes = list(dict.fromkeys(f"{it.code}:{kind}:{PLACE.sub('[]', it.path)}" for it in problems))
    says = "; ".join(f"{it.path} {it.says}" for it in problems[:SHOWN])
    more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return Refused(Reason(problems[0].code, f"{kind}: {says}{more}", ",".join(causes[:SHOWN])))
