"""The settings of the functions of reminders, and what their metrics go under."""

from dataclasses import dataclass

from handlers.settings import Settings

NAMESPACE = "Ovation/Notifications"  # of the metrics


@dataclass(frozen=True)
class EventSettings(Settings):
    """Of whoever reads events through the cache. `discovery_url`: the vendor's, without a slash at its end; the quota's numbers are
    calls of all workers together.
    """

    demand_table: str
    state_table: str
    discovery_url: str
    services_secret: str
    discovery_rate: str = "5"
    discovery_daily: str = "5000"


@dataclass(frozen=True)
class EventDetailsSettings(EventSettings):
    pass


@dataclass(frozen=True)
class RefreshEventsSettings(EventSettings):
    """`refresh_share`: of a day's quota, the part that refreshing may use, so that fans and windows find the rest."""

    refresh_share: str = "0.6"


@dataclass(frozen=True)
class NotificationSchedulerSettings(EventSettings):
    """`lead_seconds`: how long before its sale a reminder goes out, and how often this runs; `settle_seconds`: what an index may be
    behind its table, for which generators wait; `sms_rate`: parts a second, for what a window can hold; `mail_rate`: mails a second.
    `wall_clock`: `yes` where events happen by the clock on the wall, so that a run that was started late is as late as that clock says.
    """

    generator_queue_url: str = ""
    lead_seconds: str = "1800"
    settle_seconds: str = "5"
    sms_rate: str = "100"
    mail_rate: str = "14"
    wall_clock: str = "no"


@dataclass(frozen=True)
class NotificationGeneratorSettings(Settings):
    """`links_url`: where our own short links lead to, without a slash at its end; `link_patience_seconds`: how long a window's first
    reminders wait for a short link that is not there yet; `batch`: notifications of one message.
    """

    demand_table: str
    generator_queue_url: str
    links_url: str
    link_patience_seconds: str = "60"
    batch: str = "5000"


@dataclass(frozen=True)
class DemandStreamToSqsSettings(Settings):
    """`lead_seconds`: the scheduler's. `stream_times`: `wall` where the stream's times are this machine's clock's, so that the two tell
    how long a record has been on its way; `virtual` where they are not.
    """

    demand_table: str
    state_table: str
    short_url_queue_url: str
    outbox_url: str
    generator_queue_url: str
    lead_seconds: str = "1800"
    stream_times: str = "wall"


@dataclass(frozen=True)
class NotificationSendSettings(Settings):
    """`controls_table`: of the solicitation, with the kill switch and the rate of SES, which both share.

    `sms_provider`: `service` (the HTTP SMS service) or `aws` (AWS End User Messaging, which sends from `sms_origination` under
    `sms_configuration_set`).
    `sms_rate`: parts a second of this origination. `app_id`, `asu_app_id`: by the notification's type, as the service knows us.
    """

    demand_table: str
    state_table: str
    controls_table: str
    outbox_url: str
    generator_queue_url: str
    services_secret: str
    links_url: str
    links_secret: str
    mail_sender: str
    configuration_set: str
    sms_service_url: str
    sms_provider: str = "service"
    sms_origination: str = ""
    sms_configuration_set: str = ""
    sms_rate: str = "100"
    app_id: str = "ovation-reminders"
    asu_app_id: str = "ovation-asu"


@dataclass(frozen=True)
class SmsStatusConsumerSettings(Settings):
    """`notifications_bucket`: where records are parked that nobody knows, or nobody can read."""

    demand_table: str
    state_table: str
    notifications_bucket: str


@dataclass(frozen=True)
class MailStatusConsumerSettings(Settings):
    demand_table: str
    state_table: str


@dataclass(frozen=True)
class ShortenEventUrlSettings(Settings):
    """`bitly_rate`: calls a second of all workers together."""

    demand_table: str
    state_table: str
    bitly_url: str
    services_secret: str
    short_url_queue_url: str
    links_url: str
    bitly_rate: str = "5"


@dataclass(frozen=True)
class FollowLinkSettings(Settings):
    demand_table: str
    state_table: str
    links_secret: str


@dataclass(frozen=True)
class DemandCaptureSettings(EventSettings):
    """`fan_claim`: of the caller's token, the claim that holds the fan's id."""

    fan_claim: str = "sub"


@dataclass(frozen=True)
class SweepSettings(Settings):
    """`stuck_seconds`: a notification that nobody has moved for so long is queued again. `wall_clock`: as the scheduler's."""

    demand_table: str
    outbox_url: str
    stuck_seconds: str = "180"
    wall_clock: str = "no"
