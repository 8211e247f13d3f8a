"""One day of every program, lived on this machine: `ovation demo`, which `make demo` runs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from cli.announced import announced, table
from cli.console import FAILED, AsJson, err, give_up, out, print_json
from cli.day import lived_out, show
from cli.day_tables import document
from cli.funnel import funnel
from cli.kept_runs import keep
from cli.program_choice import chosen
from cli.reminded import document as document_of_reminders
from cli.reminded import reminded
from cli.reminded import table as table_of_reminders
from cli.run import watched
from cli.sandboxes import COULD_NOT_START, load
from cli.scored import document as document_of_scores
from cli.scored import table as scores_table
from cli.scored import told
from domain.solicitation.program import Program
from sandbox.batch import BatchFailed
from sandbox.day import begin
from sandbox.olist import is_olist
from sandbox.runtime import STATE, Sandbox
from sandbox.sample import write_sample
from sandbox.synth import ROOT

SAMPLES = {"product-reviews": 20_000, "music-feedback": 50_000}  # rows
SAMPLE_DAY, SEED = date(2026, 11, 20), 1
REAL_ORDERS, REAL_PROGRAM, REAL_DAY = ROOT.parent / "shared" / "data" / "olist", "olist-reviews-week", date(2018, 6, 2)
COMPARED = ("extracted", "rejected", "duplicates", "candidates", "eligible", "filters")
# The best so many are asked by mail, each an event or more to come; one alone takes some 60 ms of both cores here.
MAILS = {"product-reviews": 300, "music-feedback": 200}
FANS = 5_000  # of the announced tour date
SCORES = 2_000  # rows of the file of scores
REMINDED = 2_000  # fans of the ticket sale


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the demo: `expected` is the funnel that the data in `folder` was made for (None for real data); so many
    `mails` go out after it (0: its program is not deployed, so it ends with the batch).
    """

    program: str
    day: date
    folder: Path
    expected: Mapping[str, Any] | None = None
    mails: int = 0


def demo(as_json: AsJson = False) -> None:
    """Live a day of every program: batch, mails, people, report; a batch of real orders where at hand; a tour date, announced and
    archived; files of scores, counted and told to Slack; a ticket sale at 10:00, whose fans are reminded at 09:30.

    Exit code 1: a funnel or a day is not what it must be.
    """
    began = monotonic()
    try:
        with TemporaryDirectory(prefix="ovation-") as scratch:
            with err.status("starting") as status:
                sandbox = Sandbox.start(state_dir=Path(scratch) / "state", on_step=status.update)
            with sandbox:
                results = [lived(sandbox, job, Path(scratch), as_json) for job in _jobs()]
                archive = archived(sandbox, Path(scratch), as_json)
                scores = scored(sandbox, Path(scratch), as_json)
                reminders = on_sale(sandbox, as_json)
    except (BatchFailed, RuntimeError, *COULD_NOT_START) as reason:
        give_up(reason, FAILED)
    seconds = monotonic() - began
    if as_json:
        print_json(
            {
                "runs": results,
                "archive": archive,
                "scores": scores,
                "reminders": reminders,
                "seconds": round(seconds, 3),
            }
        )
    else:
        out.print(f"All programs lived as expected in {seconds:.0f} s, sandbox included.")


def lived(sandbox: Sandbox, job: Job, scratch: Path, as_json: bool, folder: Path = STATE) -> dict[str, Any]:
    """One job done, and shown unless JSON is wanted; the run's result, and its day's where mails went out. Exit code 1: it is not
    what it must be.
    """
    load(sandbox, job.folder, job.day, scratch)
    program = chosen(job.program, [f"limit={job.mails}"] if job.mails else ())
    begin(sandbox, program, job.day)
    result = watched(sandbox, program, job.day)
    kept = keep(sandbox, program.id, job.day, folder=folder)
    if not as_json:
        out.print(funnel(result))
        out.print(f"ledger: {kept.folder / 'ledger.json'}\n", soft_wrap=True)
    for part in COMPARED if job.expected else ():
        if job.expected and result[part] != job.expected[part]:
            give_up(f"{job.program}: {part} is {result[part]}, the sample was made for {job.expected[part]}", FAILED)
    return {**result, "day": _day(sandbox, program, job, as_json, folder)} if job.mails else result


def archived(sandbox: Sandbox, scratch: Path, as_json: bool) -> dict[str, Any]:
    """A tour date announced and archived. Exit code 1: the archive says anything else than was put into the table."""
    with err.status(f"{FANS:,} fans want to be reminded"):
        found = announced(sandbox, FANS, scratch / "archive")
    if not as_json:
        out.print(table(found))
    if not found.as_wanted:
        give_up(f"the archive tells {found.athena} by Athena and {found.here} here; written was {found.wanted}", FAILED)
    return asdict(found)


def scored(sandbox: Sandbox, scratch: Path, as_json: bool) -> dict[str, Any]:
    """Files of scores loaded. Exit code 1: a figure, a sum or a message in Slack is not what it must be."""
    with err.status(f"{SCORES:,} rows of scores are dropped, four times over"):
        found = told(sandbox, SCORES, scratch)
    if not as_json:
        out.print(scores_table(found))
    if not found.as_wanted:
        give_up(f"scores: counted {found.counts}, wanted {found.wanted}; Slack was told {found.posts}", FAILED)
    return document_of_scores(found)


def on_sale(sandbox: Sandbox, as_json: bool) -> dict[str, Any]:
    """Fans reminded of a sale. Exit code 1: a reminder has not come to an end, was taken twice, or failed without a reason."""
    with err.status(f"{REMINDED:,} fans are reminded of a ticket sale"):
        found = reminded(sandbox, REMINDED)
    if not as_json:
        out.print(table_of_reminders(found))
    if not found.as_wanted:
        give_up(f"reminders: {document_of_reminders(found)}", FAILED)
    return document_of_reminders(found)


def _day(sandbox: Sandbox, program: Program, job: Job, as_json: bool, folder: Path) -> dict[str, Any]:
    books, page = lived_out(sandbox, program, job.day, folder)
    if not as_json:
        show(books, page)
    late = [slot for slot in books.slots() if slot.local != ["10:00"]]
    if late or not books.letters:
        give_up(f"{job.program}: mails went out at another hour than ten: {late or 'none at all'}", FAILED)
    answered = {books.done.get("answered", 0), books.counts.get("answered", 0), len(books.answers), books.consumed}
    if len(answered) != 1 or "refused" in books.done:
        give_up(f"{job.program}: answers given, counted, stored and consumed differ: {sorted(answered)}", FAILED)
    return document(books, page)


def _jobs() -> Iterator[Job]:
    for program, rows in SAMPLES.items():
        folder = ROOT / "build" / "samples" / f"{program}-{rows}-{SEED}"
        with err.status(f"sampling {rows:,} rows for {program}"):
            yield Job(program, SAMPLE_DAY, folder, _sampled(program, rows, folder), MAILS[program])
    if is_olist(REAL_ORDERS):
        yield Job(REAL_PROGRAM, REAL_DAY, REAL_ORDERS)
    else:
        err.print(f"The real orders are not at hand ({REAL_PROGRAM} is skipped).")


def _sampled(program: str, rows: int, folder: Path) -> dict[str, Any]:
    """What the sample was made for; the same seed gives the same bytes, so one that is there serves again."""
    kept = folder / "expected.json"
    expected: dict[str, Any] = (
        json.loads(kept.read_text()) if kept.is_file() else write_sample(program, rows, SEED, SAMPLE_DAY, folder)
    )
    return expected
