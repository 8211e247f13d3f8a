"""The parts of delivery in, its twelve functions out, told where their things are."""

from collections.abc import Mapping

from aws_cdk import Aws, Duration
from constructs import Construct

from domain.solicitation.sending import SENDER
from handlers.settings import Settings
from handlers.solicitation.delivery_settings import (
    CampaignSettings,
    CleanupSettings,
    EngageSettings,
    ExportSettings,
    MailEventsSettings,
    PlaylistsSettings,
    PublishResponsesSettings,
    ReleaseSettings,
    ReportSettings,
    RetrainSettings,
    SendSettings,
    ServeSettings,
)
from infra.delivery_grants import grant
from infra.function import Fleet, PythonFunction
from infra.naming import pascal
from infra.parts import EVENT_BUS, Parts

SEND_TIMEOUT = Duration.seconds(SENDER.total_seconds())
TIMEOUTS: Mapping[str, Duration] = {
    "serve": Duration.seconds(29),  # an HTTP API waits 30 at most
    "engage": Duration.seconds(29),
    "release": Duration.minutes(2),
    "send": SEND_TIMEOUT,
    "mail_events": Duration.minutes(1),
    "publish_responses": Duration.minutes(1),
    "export": Duration.minutes(5),
    **dict.fromkeys(("campaign", "playlists", "report", "cleanup", "retrain"), Duration.minutes(15)),
}


class DeliveryFunctions:
    """`by_stage` names them as their handlers are: serve, campaign, release, send, mail_events, engage, publish_responses, …"""

    def __init__(self, scope: Construct, *, parts: Parts, fleet: Fleet) -> None:
        self._scope, self._parts, self._fleet = scope, parts, fleet
        self.by_stage: dict[str, PythonFunction] = {}
        release = self._add(
            "release",
            ReleaseSettings(
                work_bucket=parts.stores.work.bucket_name,
                deliveries_table=parts.stores.deliveries.table_name,
                outbox_url=parts.outbox.queue_url,
            ),
        )
        for name, settings in {**self._people(), **self._mails(release), **self._jobs()}.items():
            self._add(name, settings)
        grant(self.by_stage, parts)

    def _add(self, name: str, settings: Settings) -> PythonFunction:
        self.by_stage[name] = PythonFunction(
            self._scope,
            pascal(name),
            handler=f"handlers.solicitation.{name}.handler",
            settings=settings,
            timeout=TIMEOUTS[name],
            fleet=self._fleet,
        )
        return self.by_stage[name]

    def _people(self) -> dict[str, Settings]:
        """What answers callers, and what follows from their answers."""
        stores, parts = self._parts.stores, self._parts
        tables = {
            "candidates_table": stores.candidates.table_name,
            "customers_table": stores.customers.table_name,
            "deliveries_table": stores.deliveries.table_name,
            "responses_table": stores.responses.table_name,
            "subjects_table": stores.subjects.table_name,
        }
        return {
            "serve": ServeSettings(**tables, score_cache_table=stores.score_cache.table_name),
            "engage": EngageSettings(
                **tables,
                photos_bucket=stores.photos.bucket_name,
                photos_origin=f"https://{stores.photos.bucket_name}.s3.{Aws.REGION}.{Aws.URL_SUFFIX}",
                links_secret=parts.mail.link_keys.secret_arn,
            ),
            "publish_responses": PublishResponsesSettings(
                responses_table=stores.responses.table_name,
                photos_bucket=stores.photos.bucket_name,
                event_bus=EVENT_BUS,
            ),
        }

    def _mails(self, release: PythonFunction) -> dict[str, Settings]:
        """What plans, sends and follows mails."""
        stores, parts = self._parts.stores, self._parts
        schedules = parts.one_time.settings(release)
        tables = {
            "candidates_table": stores.candidates.table_name,
            "customers_table": stores.customers.table_name,
            "deliveries_table": stores.deliveries.table_name,
        }
        return {
            "campaign": CampaignSettings(
                **schedules, **tables, runs_table=stores.runs.table_name, work_bucket=stores.work.bucket_name
            ),
            "send": SendSettings(
                **schedules,
                **tables,
                work_bucket=stores.work.bucket_name,
                controls_table=stores.controls.table_name,
                outbox_url=parts.outbox.queue_url,
                configuration_set=parts.mail.configuration_set.configuration_set_name,
                links_secret=parts.mail.link_keys.secret_arn,
                engage_url=parts.pages.url,
            ),
            "mail_events": MailEventsSettings(**tables),
        }

    def _jobs(self) -> dict[str, Settings]:
        """What runs by the clock, or after the batch."""
        stores, parts = self._parts.stores, self._parts
        run = {"runs_table": stores.runs.table_name, "work_bucket": stores.work.bucket_name}
        answers = {"responses_table": stores.responses.table_name, "outputs_bucket": stores.outputs.bucket_name}
        deliveries, subjects = stores.deliveries.table_name, stores.subjects.table_name
        return {
            "export": ExportSettings(
                **run,
                **answers,
                deliveries_table=deliveries,
                candidates_table=stores.candidates.table_name,
                glue_database=parts.analytics.database,
                workgroup=parts.analytics.workgroup,
            ),
            "playlists": PlaylistsSettings(**answers, subjects_table=subjects, event_bus=EVENT_BUS),
            "report": ReportSettings(**run, **answers, deliveries_table=deliveries, subjects_table=subjects),
            "cleanup": CleanupSettings(expiring_tables=",".join(table.table_name for table in stores.expiring())),
            "retrain": RetrainSettings(
                work_bucket=stores.work.bucket_name,
                outputs_bucket=stores.outputs.bucket_name,
                deliveries_table=deliveries,
                controls_table=stores.controls.table_name,
                training_image=parts.training.image,
                training_role=parts.training.role.role_arn,
            ),
        }
