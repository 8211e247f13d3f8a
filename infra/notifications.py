"""The Demand table in, a reminder before each ticket sale out: sent once, in time, and followed to its end."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.alarms import Alarms
from infra.demand import DemandStack
from infra.function import Fleet
from infra.notifications_api import Contract, RemindersApi
from infra.notifications_dashboard import NotificationsDashboard
from infra.notifications_feeds import Functions, Mappings, feed, schedule
from infra.notifications_functions import NotificationsFunctions
from infra.notifications_grants import grant
from infra.notifications_stores import NotificationsStores
from infra.notifications_texts import TextsByAws
from infra.notifications_watch import NotificationsWatch
from infra.package import Package, fleet
from infra.queue import DeadLetters
from infra.services import Reminders
from infra.stages import Stage


class NotificationsStack(Stack):
    """schedule → generators → table, its stream → outbox → SMS service and SES → statuses; beside it events, links and the API.

    `controls`: the solicitation's table, with the kill switch and the rate of SES, for both send in the account's name.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        demand: DemandStack,
        controls: dynamodb.ITable,
        reminders: Reminders,
        contract: Contract,
        package: Package,
        stage: Stage,
    ) -> None:
        super().__init__(
            scope,
            id,
            stack_name=f"ovation-{stage.name}-notifications",
            description="Ovation: reminders before a ticket sale, never doubled, never late",
            termination_protection=stage.protected,
        )
        alarms = Alarms(self, "Alarms", stage=stage)
        lost = DeadLetters(self, "LostEvents", stage=stage, alarms=alarms)
        stores = NotificationsStores(self, stage=stage, alarms=alarms)
        staff = fleet(self, package, stage, alarms)
        functions = self._functions(demand.table, controls, stores, reminders, staff)
        mappings = feed(functions, stores, demand, lost)
        schedule(self, functions, lost)
        if reminders.sms_provider == "aws":
            TextsByAws(self, "Texts", told=functions["sms_status_consumer"], lost=lost, stage=stage)
        api = RemindersApi(
            self,
            "Reminders",
            contract=contract,
            functions=functions,
            issuer=reminders.issuer,
            client_id=reminders.client_id,
            stage=stage,
        ).api
        self._watch(alarms, functions, stores, mappings, reminders.sms_parts_per_second)
        self._tell(
            DemandTable=demand.table.table_name,
            NotificationStateTable=stores.state.table_name,
            NotificationsBucket=stores.bucket.bucket_name,
            SmsStatusStream=stores.statuses.stream_name,
            ServicesSecret=stores.tokens.secret_arn,
            LinksUrl=stores.links.url,
            GraphqlUrl=api.graphql_url,
        )

    def _functions(
        self,
        demand: dynamodb.ITable,
        controls: dynamodb.ITable,
        stores: NotificationsStores,
        reminders: Reminders,
        staff: Fleet,
    ) -> Functions:
        functions = NotificationsFunctions(
            self, demand=demand, controls=controls, stores=stores, reminders=reminders, fleet=staff
        ).by_stage
        grant(functions, demand=demand, controls=controls, stores=stores, reminders=reminders)
        return functions

    def _watch(
        self, alarms: Alarms, functions: Functions, stores: NotificationsStores, mappings: Mappings, rate: float
    ) -> None:
        watch = NotificationsWatch(alarms)
        watch.over_windows(functions["notification_scheduler"], stores.outbox, rate)
        watch.over_reminders()
        watch.over_events(functions["event_details"])
        watch.over_streams(functions, mappings)
        watch.over_queues(stores)
        board = NotificationsDashboard(self, "Dashboard")
        board.reminders(stores.outbox, rate)
        board.events()
        board.parts(functions, stores, stores.statuses)

    def _tell(self, **names: str) -> None:
        for name, value in names.items():
            CfnOutput(self, name, value=value)
