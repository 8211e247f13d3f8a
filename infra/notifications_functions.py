"""The stores of reminders in, their functions out, each with its settings."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from handlers.notifications.settings import (
    DemandCaptureSettings,
    DemandStreamToSqsSettings,
    EventDetailsSettings,
    FollowLinkSettings,
    MailStatusConsumerSettings,
    NotificationGeneratorSettings,
    NotificationSchedulerSettings,
    NotificationSendSettings,
    RefreshEventsSettings,
    ShortenEventUrlSettings,
    SmsStatusConsumerSettings,
    SweepSettings,
)
from handlers.settings import Settings
from infra.function import Fleet, PythonFunction
from infra.naming import pascal
from infra.notifications_stores import NotificationsStores
from infra.services import Reminders

TIMEOUTS: Mapping[str, Duration] = {
    **dict.fromkeys(("notification_scheduler", "notification_generator"), Duration.minutes(5)),
    **dict.fromkeys(("event_details", "demand_capture"), Duration.seconds(15)),  # the vendor's rate and answer included
    "follow_link": Duration.seconds(10),
    **dict.fromkeys(("demand_stream_to_sqs", "sms_status_consumer", "shorten_event_url"), Duration.minutes(1)),
    "mail_status_consumer": Duration.seconds(30),
    "notification_send": Duration.minutes(2),
    "sweep": Duration.minutes(4),
    "refresh_events": Duration.minutes(10),
}
ALONE = ("refresh_events",)


class NotificationsFunctions:
    """`by_stage` names them as their handlers are."""

    def __init__(
        self,
        scope: Construct,
        *,
        demand: dynamodb.ITable,
        controls: dynamodb.ITable,
        stores: NotificationsStores,
        reminders: Reminders,
        fleet: Fleet,
    ) -> None:
        self._scope, self._fleet = scope, fleet
        tables = {"demand_table": demand.table_name, "state_table": stores.state.table_name}
        told = {
            **_of_events(tables, stores, reminders, fleet),
            **_of_demand(tables, stores, reminders, fleet),
            **_of_sending(tables, controls.table_name, stores, reminders, fleet),
        }
        self.by_stage: Mapping[str, PythonFunction] = {name: self._made(name, it) for name, it in told.items()}

    def _made(self, name: str, settings: Settings) -> PythonFunction:
        return PythonFunction(
            self._scope,
            pascal(name),
            handler=f"handlers.notifications.{name}.handler",
            settings=settings,
            timeout=TIMEOUTS[name],
            fleet=self._fleet,
            at_once=1 if name in ALONE else None,
        )


def links_url(stores: NotificationsStores, reminders: Reminders) -> str:
    """Where links lead to, without a slash at its end."""
    return reminders.links_url.rstrip("/") or stores.links.url


def _of_events(
    tables: Mapping[str, str], stores: NotificationsStores, reminders: Reminders, fleet: Fleet
) -> dict[str, Settings]:
    """Those that read events through the cache."""
    cached = {
        **tables,
        "discovery_url": reminders.discovery_url.rstrip("/"),
        "services_secret": stores.tokens.secret_arn,
        "discovery_rate": str(reminders.discovery_rate),
        "discovery_daily": str(reminders.discovery_daily),
    }
    return {
        "event_details": EventDetailsSettings(**cached),
        "refresh_events": RefreshEventsSettings(**cached),
        "demand_capture": DemandCaptureSettings(**cached, fan_claim=reminders.fan_claim),
        "notification_scheduler": NotificationSchedulerSettings(
            **cached,
            generator_queue_url=stores.generation.queue_url,
            settle_seconds=str(fleet.stage.reminding.settle_seconds),
            sms_rate=str(reminders.sms_parts_per_second),
            wall_clock="yes" if fleet.stage.reminding.wall_clock else "no",
        ),
    }


def _of_demand(
    tables: Mapping[str, str], stores: NotificationsStores, reminders: Reminders, fleet: Fleet
) -> dict[str, Settings]:
    """From a fan's wish to a notification, and its link."""
    links = links_url(stores, reminders)
    return {
        "notification_generator": NotificationGeneratorSettings(
            demand_table=tables["demand_table"],
            generator_queue_url=stores.generation.queue_url,
            links_url=links,
            link_patience_seconds=str(fleet.stage.reminding.link_seconds),
        ),
        "demand_stream_to_sqs": DemandStreamToSqsSettings(
            **tables,
            short_url_queue_url=stores.short_urls.queue_url,
            outbox_url=stores.outbox.queue_url,
            generator_queue_url=stores.generation.queue_url,
            stream_times="wall" if fleet.stage.reminding.wall_clock else "virtual",
        ),
        "shorten_event_url": ShortenEventUrlSettings(
            **tables,
            bitly_url=reminders.bitly_url.rstrip("/"),
            services_secret=stores.tokens.secret_arn,
            short_url_queue_url=stores.short_urls.queue_url,
            links_url=links,
        ),
        "follow_link": FollowLinkSettings(**tables, links_secret=stores.mail.link_keys.secret_arn),
    }


def _of_sending(
    tables: Mapping[str, str], controls: str, stores: NotificationsStores, reminders: Reminders, fleet: Fleet
) -> dict[str, Settings]:
    """From a notification to its end."""
    return {
        "notification_send": NotificationSendSettings(
            **tables,
            controls_table=controls,
            outbox_url=stores.outbox.queue_url,
            generator_queue_url=stores.generation.queue_url,
            services_secret=stores.tokens.secret_arn,
            links_url=links_url(stores, reminders),
            links_secret=stores.mail.link_keys.secret_arn,
            mail_sender=reminders.mail_sender,
            configuration_set=stores.mail.configuration_set.configuration_set_name,
            sms_service_url=reminders.sms_service_url.rstrip("/"),
            sms_provider=reminders.sms_provider,
            sms_origination=reminders.sms_origination,
            sms_configuration_set=f"ovation-{fleet.stage.name}" if reminders.sms_provider == "aws" else "",
            sms_rate=str(reminders.sms_parts_per_second),
        ),
        "sms_status_consumer": SmsStatusConsumerSettings(**tables, notifications_bucket=stores.bucket.bucket_name),
        "mail_status_consumer": MailStatusConsumerSettings(**tables),
        "sweep": SweepSettings(
            demand_table=tables["demand_table"],
            outbox_url=stores.outbox.queue_url,
            stuck_seconds=str(fleet.stage.reminding.stuck_seconds),
            wall_clock="yes" if fleet.stage.reminding.wall_clock else "no",
        ),
    }
