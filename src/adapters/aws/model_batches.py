"""One batch of feature rows in, the valid scores among a model's answers out, with a count of those that are not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.aws.endpoints import Endpoint, Garbled
from domain.errors import Rejected, Unavailable
from domain.solicitation.program import Model
from domain.solicitation.scoring import Pair, valid

MOST_HALVINGS = 20  # of a batch that the model refuses: enough to single out two bad rows among a thousand


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one call to `model`: by candidate, and as lines that end in their line breaks."""

    model: Model
    pairs: Sequence[Pair]
    lines: Sequence[bytes]

    def part(self, rows: slice) -> "Batch":
        return Batch(self.model, self.pairs[rows], self.lines[rows])

    def halves(self) -> list["Batch"]:
        middle = len(self.lines) // 2
        return [self.part(slice(middle)), self.part(slice(middle, None))]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a batch for the model of this id: scores by candidate, rows without one by reason, and what went wrong."""

    model: str
    scores: dict[Pair, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)


def ask(batch: Batch, endpoint: Endpoint, attempts: int) -> Asked:
    """Ask a model about a batch; if it refuses, about ever smaller parts, so that a bad row costs no other row its score.

    Counts `model_calls` (answers asked for), `invalid` (rows refused, or without a finite score in [0, 1]) and
    `unanswered` (rows the endpoint gave no answer to).
    """
    asked = Asked(batch.model.id)
    parts, halvings = [batch], 0
    while parts:
        part = parts.pop()
        asked.counts["model_calls"] += 1
        try:
            _take(part, endpoint.answers(part.lines, attempts), asked)
        except Unavailable as reason:
            asked.counts["unanswered"] += len(part.lines)
            asked.troubles[str(reason)] += 1
        except Rejected as reason:
            asked.troubles[str(reason)] += 1
            if len(part.lines) > 1 and halvings < MOST_HALVINGS and not isinstance(reason, Garbled):
                parts += part.halves()
                halvings += 1
            else:
                asked.counts["invalid"] += len(part.lines)
    return asked


def _take(part: Batch, answers: Sequence[object], asked: Asked) -> None:
    for pair, answer in zip(part.pairs, answers, strict=True):
        score = valid(answer)
        if score is None:
            asked.counts["invalid"] += 1
        else:
            asked.scores[pair] = score
