"""The day's books -> metrics and one HTML page: funnel, sends, opens, answers, and every figure beside its target."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from adapters.aws.deliveries import Deliveries
from adapters.aws.measures import Measures
from adapters.aws.responses import Responses
from adapters.aws.run_programs import deployed_program
from adapters.aws.runs import RunLedger
from adapters.aws.session import client, dynamodb
from adapters.aws.work_files import WorkFiles
from adapters.files.report_page import ReportPage
from domain.solicitation.costs import Work, costs
from domain.solicitation.figures import Day, Figure, figures
from domain.solicitation.goals import PRODUCT, TRACK
from domain.solicitation.program import Program
from domain.solicitation.run import Run, bucket_ids, run_id
from domain.solicitation.stored import moment
from domain.solicitation.sums import Sums, over, summed
from handlers.solicitation.complete import NAMESPACE
from handlers.solicitation.delivery_settings import ReportSettings

BINS = 20  # of the score distribution
DAY = timedelta(days=1)

logger = Logger(service="report")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return live().report(event["program"], moment(event["scheduledTime"]))


@cache
def live() -> "Reporter":
    env = ReportSettings.from_env()
    tables, s3, asset = dynamodb(), client("s3"), Path(__file__).parents[2]
    return Reporter(
        programs=asset / env.programs,
        page=ReportPage(asset / env.templates),
        ledger=RunLedger(tables, env.runs_table),
        deliveries=Deliveries(tables, env.deliveries_table),
        responses=Responses(tables, env.responses_table),
        work=WorkFiles(s3, env.work_bucket),
        outputs=WorkFiles(s3, env.outputs_bucket),
        measures=Measures(client("cloudwatch"), NAMESPACE),
    )


@dataclass(frozen=True)
class Reporter:
    """Where a day's books lie. A report made again is the same, but for what has happened since."""

    programs: Path
    page: ReportPage
    ledger: RunLedger
    deliveries: Deliveries
    responses: Responses
    work: WorkFiles
    outputs: WorkFiles
    measures: Measures

    def report(self, program_id: str, at: datetime) -> dict[str, Any]:
        """The report of the UTC date of `at`, kept as `reports/{program}/{date}.html` and `.json`; where they lie.

        The one of the day before is made again, without its metrics: its late zones had their mails after it was first made.
        """
        program, day = Program.from_json(deployed_program(self.programs, program_id)), at.date()
        lists = self._made(program, day)
        if any(self.deliveries.campaigns(program.id, day - DAY)):
            self._made(program, day - DAY)
        publish(program.id, lists)
        key = f"s3://{self.outputs.bucket}/{_key(program.id, day)}"
        return {"html": f"{key}.html", "json": f"{key}.json"}

    def _made(self, program: Program, day: date) -> Mapping[str, list[Figure]]:
        """A day's figures, their report kept."""
        row = self.ledger.row(program.id, day, run_id(program.id, day)) or {}
        sums = self._sums(program.id, day)
        counted = self._day(program, day, row.get("result"), sums)
        lists = figures(counted, TRACK if program.subject_type == "track" else PRODUCT)
        document = {
            "program": program.id,
            "name": program.name,
            "date": day.isoformat(),
            "run": row.get("result"),
            "scores": self._scores(program, row),
            "counts": dict(counted.counts),
            "sums": asdict(sums),
            "costs": self._costs(program, row.get("result"), sums),
            "answers": counted.answers,
            "figures": {name: [_told(figure) for figure in found] for name, found in lists.items()},
        }
        key = _key(program.id, day)
        self.outputs.write_json(f"{key}.json", document)
        self.outputs.write_text(f"{key}.html", self.page.render(document), "text/html; charset=utf-8")
        logger.info("report", extra={"program": program.id, "date": day.isoformat(), "answers": counted.answers})
        return lists

    def _sums(self, program: str, day: date) -> Sums:
        campaigns = list(self.deliveries.campaigns(program, day))
        counts: Counter[str] = Counter()
        for campaign in campaigns:
            counts.update(self.deliveries.counts(campaign["id"]))
        deliveries = (row for campaign in campaigns for row in self.deliveries.of_campaign(campaign["id"]))
        answers, after = (self.responses.of_day(program, when) for when in (day, day + DAY))
        sums = summed(campaigns, deliveries, self._left_out(program, day), answers, counts, after)
        for id, campaign in sums.by_campaign.items():
            if over(campaign) and self.deliveries.move_campaign(id, "DONE"):
                campaign["state"] = "DONE"
        return sums

    def _left_out(self, program: str, day: date) -> Iterator[Mapping[str, Any]]:
        """Those the plan of the day left out; none where no campaign was planned."""
        key = f"campaigns/{program}/{day.isoformat()}/left-out.jsonl.gz"
        return self.work.read(key) if key in self.work.keys(key) else iter(())

    def _day(self, program: Program, day: date, run: Mapping[str, Any] | None, sums: Sums) -> Day:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = start + DAY
        calls = self.measures.values("ServeMilliseconds", "SampleCount", start, end)
        return Day(
            run=run,
            models=len(program.scoring.models),
            counts=sums.counts,
            answers=sums.answers,
            stars=sums.stars,
            thumbs=sums.thumbs,
            asked_answered=sums.asked_answered,
            holdout=sums.holdout,
            holdout_answered=sums.holdout_answered,
            cost=sum(self._costs(program, run, sums).values()),
            p99=max(self.measures.values("ServeMilliseconds", "p99", start, end), default=None),  # the slowest route's
            requests=int(sum(calls)),
            errors=int(sum(self.measures.values("ServeFailed", "Sum", start, end))),
        )

    def _costs(self, program: Program, run: Mapping[str, Any] | None, sums: Sums) -> Mapping[str, float]:
        counts = sums.counts
        return costs(
            Work(
                items=run["store"]["items"] if run else 0,
                candidates=run["candidates"] if run else 0,
                stage_seconds=sum(run["stage_seconds"].values()) if run else 0.0,
                buckets=program.buckets if run else 0,
                mails=counts.get("sent", 0),
                answers=sums.answers,
                requests=counts.get("opens", 0) + counts.get("clicks", 0) * 2 + sums.answers,
            )
        )

    def _scores(self, program: Program, row: Mapping[str, Any]) -> list[int]:
        """How many candidates fell into each twentieth of the scores, from the run's own files; none where they are gone."""
        bins = [0] * BINS
        if not row:
            return bins
        run = Run.from_json(row["run"])
        there = set(self.work.keys(f"{run.prefix}/stages/"))
        for key in (run.work_key(bucket, "score") for bucket in bucket_ids(program.buckets)):
            for candidate in self.work.read(key) if key in there else ():
                bins[min(BINS - 1, int(candidate["score"]["value"] * BINS))] += 1
        return bins


def _key(program: str, day: date) -> str:
    return f"reports/{program}/{day.isoformat()}"


def publish(program: str, lists: Mapping[str, list[Figure]]) -> None:
    """Each figure that was measured, as a metric `Daily` with the figure's name as a dimension."""
    for figure in (figure for found in lists.values() for figure in found if figure.value is not None):
        with single_metric("Daily", MetricUnit.NoUnit, round(figure.value or 0.0, 6), namespace=NAMESPACE) as metric:
            metric.add_dimension("Program", program)
            metric.add_dimension("Figure", figure.name)


def _told(figure: Figure) -> dict[str, Any]:
    value = None if figure.value is None else round(figure.value, 6)
    return {**asdict(figure), "value": value, "met": figure.met}
