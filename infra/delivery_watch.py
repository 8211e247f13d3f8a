"""Delivery's queues, functions and metrics in, its alarms out; thresholds are the mission's own."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from domain.solicitation.program import Program
from infra.alarms import Alarms
from infra.delivery_metrics import (
    CUSTOMER_ROUTE,
    export_seconds,
    lingering,
    put_off,
    reports_an_hour,
    serving,
    unsettled,
)
from infra.function import PythonFunction
from infra.watch import daily
from infra.web_api import WebApi

FIVE = Duration.minutes(5)
P99_MS = 30  # seed 001: serving p99 under 30 ms, for one customer's candidates
FAILED_SHARE = 0.01  # of five minutes' calls; the day's report holds the seed's 0.01 %
REPORT_HOURS = 25  # a day, and an hour to notice
STREAM_AGE = Duration.hours(1)  # how late an answer's event may be
BOUNCES, COMPLAINTS = 0.05, 0.001  # from here on AWS puts a sender under review (SES: reputation)

# Why mails wait that nobody may have meant to wait: the reasons of `send`.
PUT_OFF: Mapping[str, str] = {
    "stopped": "the kill switch is thrown (`ovation go` lets them go on).",
    "held": "SES refuses the account, the sender or the configuration set, or a right is missing.",
    "too_late": "their local hour is long over, so they were put off to the next day's.",
}

# Minutes a job may take, by what is asked about: seed 001 (product), seed 000 (track). Other programs have the longer.
WINDOWS: Mapping[str, Mapping[str, int]] = {
    "product": {"export": 15, "campaign": 30, "report": 5, "cleanup": 10, "retrain": 120},
    "track": {"export": 20, "campaign": 45, "report": 10, "cleanup": 15, "retrain": 180},
}
LONGEST = WINDOWS["track"]


def window(programs: Iterable[Program], job: str) -> Duration:
    """The shortest window of the job among the programs that are enabled: one function serves them all."""
    minutes = [WINDOWS.get(program.subject_type, LONGEST)[job] for program in programs if program.enabled]
    return Duration.minutes(min(minutes, default=LONGEST[job]))


class DeliveryWatch:
    """Alarms on mails that are late, in doubt or unwelcome, on slow or failing answers, and on jobs that are late or missing."""

    def __init__(self, alarms: Alarms, programs: Iterable[Program]) -> None:
        self._alarms, self._programs = alarms, list(programs)

    def over_mails(self, outbox: sqs.IQueue) -> None:
        late = window(self._programs, "campaign")
        self._alarms.at_least(
            late.to_seconds(),
            outbox.metric_approximate_age_of_oldest_message(period=FIVE, statistic="Maximum"),
            id="MailsLate",
            says=f"A chunk has waited {late.to_human_string()} to be taken up: see SES's rate, Send's concurrency and its log.",
        )
        for program in self._enabled():
            for reason, why in PUT_OFF.items():
                self._alarms.at_least(
                    1,
                    put_off(program, reason),
                    id=f"{program.id}-{reason}",
                    says=f"Mails of {program.id} wait: {why} Send's log names the chunks; none is lost.",
                )
            self._alarms.at_least(
                1,
                unsettled(program),
                id=f"{program.id}-unsettled",
                says=f"SES has not told for an hour whether some mails of {program.id} went out; Send's log names them."
                " They are not sent again.",
            )
        for name, share in {"BounceRate": BOUNCES, "ComplaintRate": COMPLAINTS}.items():
            self._alarms.at_least(
                share,
                reputation(name),
                id=f"Mail{name}",
                says=f"The account's {name} is {share:.1%} or more: stop sending before AWS does; look at whom we ask.",
            )

    def over_answers(self, apis: Mapping[str, WebApi], publisher: PythonFunction) -> None:
        for name, api in apis.items():
            self._alarms.at_least(
                FAILED_SHARE,
                api.api.metric_server_error(period=FIVE, statistic="Average"),
                id=f"{name}Failing",
                says=f"{FAILED_SHARE:.0%} or more of the calls to {name} fail: see its function's log.",
            )
        self._alarms.at_least(
            P99_MS,
            serving("ServeMilliseconds", "p99").with_(period=Duration.hours(1)),
            id="ServingSlow",
            says=f"The slowest hundredth of {CUSTOMER_ROUTE} took {P99_MS} ms or more for an hour.",
        )
        self._alarms.at_least(
            STREAM_AGE.to_milliseconds(),
            publisher.metric("IteratorAge", period=FIVE, statistic="Maximum"),
            id="AnswersUnpublished",
            says="Events of answers wait for longer than an hour: see PublishResponses' log and the event bus.",
        )

    def over_jobs(self, functions: Mapping[str, PythonFunction], retraining: sfn.StateMachine) -> None:
        for job in ("report", "cleanup"):
            late = window(self._programs, job)
            self._alarms.at_least(
                late.to_milliseconds(),
                functions[job].metric_duration(period=FIVE, statistic="Maximum"),
                id=f"{job.capitalize()}Late",
                says=f"{job.capitalize()} took {late.to_human_string()} or more: a table has grown, or is throttled.",
            )
        for program in self._enabled():
            self._job_results(program)
        self._retraining(retraining)

    def _job_results(self, program: Program) -> None:
        late = window([program], "export")
        self._alarms.at_least(
            late.to_seconds(),
            export_seconds(program),
            id=f"{program.id}-export-slow",
            says=f"The export of {program.id} took {late.to_human_string()} or more: see its statement in Athena.",
        )
        if daily(program.schedules.get("report", "cron(0 0 1 1 ? *)")):
            self._alarms.silent_for(
                REPORT_HOURS,
                reports_an_hour(program),
                id=f"{program.id}-unreported",
                says=f"No report of {program.id} for {REPORT_HOURS} hours: see its schedule and the Report function.",
            )
        if "cleanup" in program.schedules:
            self._alarms.at_least(
                1,
                lingering(program),
                id=f"{program.id}-lingering",
                says="Items are still there two days after they should have expired: Cleanup's log counts them by table.",
            )

    def _retraining(self, machine: sfn.StateMachine) -> None:
        late = window(self._programs, "retrain")
        self._alarms.at_least(
            late.to_milliseconds(),
            machine.metric_time(period=FIVE, statistic="Maximum"),
            id="RetrainLate",
            says=f"Retraining took {late.to_human_string()} or more.",
        )
        for word, metric in {
            "Failed": machine.metric_failed(period=FIVE),
            "Aborted": machine.metric_aborted(period=FIVE),
            "TimedOut": machine.metric_timed_out(period=FIVE),
        }.items():
            self._alarms.at_least(
                1, metric, id=f"Retrain{word}", says=f"A retraining has {word}; the champion still serves."
            )

    def _enabled(self) -> list[Program]:
        return [program for program in self._programs if program.enabled]


def reputation(name: str) -> cloudwatch.Metric:
    """A share of the account's mails, as SES publishes it."""
    return cloudwatch.Metric(
        namespace="AWS/SES", metric_name=f"Reputation.{name}", period=Duration.hours(1), statistic="Maximum"
    )
