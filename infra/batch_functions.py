"""The batch's tables, bucket and programs in, its nine functions out, each with the verbs it uses."""

from collections.abc import Iterable, Iterator

from aws_cdk import ArnFormat, Duration, Stack
from constructs import Construct

from domain.solicitation.program import Program
from handlers.settings import Settings
from handlers.solicitation.settings import (
    ClaimSettings,
    CompleteSettings,
    ContactsSettings,
    EtlSettings,
    ExtractSettings,
    FilterSettings,
    GateSettings,
    ScoreSettings,
    StoreSettings,
)
from infra.function import Fleet, PythonFunction
from infra.parts import EVENT_BUS
from infra.stores import Stores
from infra.warehouses import Warehouses

SHORT, LONG = Duration.minutes(2), Duration.minutes(15)  # a look at the books; a bucket's worth of work (Lambda's most)


class BatchFunctions(Construct):
    """`by_stage` names them: claim, extract, etl, gate, filter, score, store, contacts, complete."""

    def __init__(self, scope: Construct, id: str, *, stores: Stores, programs: Iterable[Program], fleet: Fleet) -> None:
        super().__init__(scope, id)
        self._stores, self._programs = stores, list(programs)
        self.by_stage = {
            name: PythonFunction(
                scope,
                name.capitalize(),
                handler=f"handlers.solicitation.{name}.handler",
                settings=settings,
                timeout=SHORT if name in ("claim", "extract", "gate", "complete") else LONG,
                fleet=fleet,
            )
            for name, settings in self._settings().items()
        }
        self._grant_tables()
        self._grant_work_files()
        self._grant_warehouses(self.by_stage["extract"])
        self._grant_models(self.by_stage["score"])
        self.by_stage["complete"].allow(["events:PutEvents"], [self._arn("events", "event-bus", EVENT_BUS)])

    def _settings(self) -> dict[str, Settings]:
        stores = self._stores
        batch = {"runs_table": stores.runs.table_name, "work_bucket": stores.work.bucket_name}
        return {
            "claim": ClaimSettings(**batch),
            "extract": ExtractSettings(**batch),
            "etl": EtlSettings(**batch),
            "gate": GateSettings(**batch),
            "filter": FilterSettings(**batch, customers_table=stores.customers.table_name),
            "score": ScoreSettings(
                **batch,
                score_cache_table=stores.score_cache.table_name,
                controls_table=stores.controls.table_name,
            ),
            "store": StoreSettings(**batch, candidates_table=stores.candidates.table_name),
            "contacts": ContactsSettings(**batch, customers_table=stores.customers.table_name),
            "complete": CompleteSettings(**batch, event_bus=EVENT_BUS),
        }

    def _grant_tables(self) -> None:
        stores = self._stores
        for stage, table, *verbs in (
            ("claim", stores.runs, "GetItem", "PutItem", "UpdateItem"),
            ("extract", stores.runs, "GetItem", "UpdateItem"),
            ("etl", stores.runs, "GetItem", "UpdateItem"),
            ("gate", stores.runs, "GetItem", "Query"),
            ("filter", stores.runs, "GetItem", "UpdateItem"),
            ("filter", stores.customers, "BatchGetItem"),
            ("score", stores.runs, "GetItem", "UpdateItem"),
            ("score", stores.score_cache, "BatchGetItem", "BatchWriteItem"),
            ("score", stores.controls, "GetItem"),
            ("store", stores.runs, "GetItem", "UpdateItem"),
            ("store", stores.candidates, "BatchGetItem", "BatchWriteItem", "PutItem", "DeleteItem"),
            ("contacts", stores.runs, "GetItem", "UpdateItem"),
            ("contacts", stores.customers, "BatchGetItem", "BatchWriteItem"),
            ("complete", stores.runs, "GetItem", "Query", "UpdateItem"),
        ):
            self.by_stage[stage].uses(table, *verbs)

    def _grant_work_files(self) -> None:
        work = self._stores.work
        for function in self.by_stage.values():
            # Without the right to list, S3 answers 403 where it would answer 404, and a file not there yet could not be told.
            function.allow(["s3:ListBucket"], [work.bucket_arn])
        for prefix, readers, writers in (
            ("programs", set(self.by_stage), {"claim"}),
            (
                "runs",
                {"extract", "etl", "filter", "score", "store", "contacts"},
                {"extract", "etl", "filter", "score", "store"},
            ),
            ("contacts", {"extract", "contacts"}, {"extract"}),
        ):
            because = f"The files below {prefix}/ are named by run, bucket and hash."
            for name, function in self.by_stage.items():
                verbs = [*(["s3:GetObject"] if name in readers else []), *(["s3:PutObject"] if name in writers else [])]
                if verbs:
                    function.allow(verbs, [work.arn_for_objects(f"{prefix}/*")], because)

    def _grant_warehouses(self, extract: PythonFunction) -> None:
        work = self._stores.work
        Warehouses(self._programs, extract).grant()
        # Athena writes with the caller's rights.
        extract.allow(["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [work.bucket_arn])
        extract.allow(
            ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            [work.arn_for_objects("runs/*"), work.arn_for_objects("contacts/*")],
            because="Athena names the files of an UNLOAD itself.",
        )

    def _grant_models(self, score: PythonFunction) -> None:
        scorings = [program.scoring for program in self._programs]
        endpoints = {model.endpoint.removeprefix("sagemaker://") for scoring in scorings for model in scoring.models}
        groups = {group.name for scoring in scorings for group in scoring.groups}
        if endpoints:
            score.allow(["sagemaker:InvokeEndpoint"], list(self._models("endpoint", endpoints)))
        if groups:
            score.allow(["sagemaker:BatchGetRecord"], list(self._models("feature-group", groups)))

    def _models(self, resource: str, names: Iterable[str]) -> Iterator[str]:
        # SageMaker's IAM resources are spelt in lower case.
        return (self._arn("sagemaker", resource, name) for name in sorted({name.lower() for name in names}))

    def _arn(self, service: str, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service=service, resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )
