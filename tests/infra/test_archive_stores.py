"""Where the archive's rows, errors and ledger lie, and for how long; and the functions at work there."""

from collections import Counter

import pytest

from handlers.archive import settings
from infra.naming import pascal
from infra.stages import DEV, PROD
from tests.infra.conftest import synthesise
from tests.infra.templates import Stack
from tests.infra.test_storage import STATEFUL, lifetimes

STAGES = ("stream_archiver", "replay", "compact", "erase")


def rules(stack):
    return stack.one("AWS::S3::Bucket", "Archive")["LifecycleConfiguration"]["Rules"]


def test_prod_keeps_every_stateful_resource_when_its_stack_goes(archive):
    resources = archive.all(*STATEFUL)
    kinds = Counter(it["Type"].rpartition(":")[2] for it in resources.values())
    assert kinds == {"Table": 1, "Bucket": 1, "Queue": 1, "Key": 1, "LogGroup": len(STAGES)}
    assert {(it["DeletionPolicy"], it["UpdateReplacePolicy"]) for it in resources.values()} == {("Retain", "Retain")}


def test_rows_stay_for_good_in_prod_and_what_could_not_be_archived_for_the_stages_days(archive):
    errors = PROD.archiving.error_days
    assert lifetimes(archive, "Archive") == {
        "errors/": errors,
        "aws/lambda/": errors,
        "replays/": errors,
        "results/": 7,
    }


def test_a_stage_that_limits_its_rows_loses_them_by_age(tmp_path):
    from tests.infra.conftest import read

    dev = read(synthesise(tmp_path, DEV, checked=False), "Archive")
    days = lifetimes(dev, "Archive")
    assert (days["data/"], days["errors/"]) == (DEV.archiving.data_days, DEV.archiving.error_days)


def test_what_was_overwritten_or_deleted_can_be_had_back_for_a_week_and_leaves_nothing_then(archive):
    assert archive.one("AWS::S3::Bucket", "Archive")["VersioningConfiguration"] == {"Status": "Enabled"}
    [rule] = [it for it in rules(archive) if "NoncurrentVersionExpiration" in it]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert rule["ExpiredObjectDeleteMarker"] is True
    assert "Prefix" not in rule


def test_no_rule_ends_the_receipts_of_erasures(archive):
    ends = [it["Prefix"] for it in rules(archive) if "ExpirationInDays" in it]
    assert not [prefix for prefix in ends if "receipts/".startswith(prefix)]


def test_the_bucket_is_private_encrypted_and_reached_by_tls_alone(archive):
    bucket = archive.one("AWS::S3::Bucket", "Archive")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    [policy] = archive.properties("AWS::S3::BucketPolicy")
    assert {it["Effect"] for it in policy["PolicyDocument"]["Statement"]} == {"Deny"}


def test_the_ledger_can_be_recovered_and_its_leases_expire(archive):
    ledger = archive.one("AWS::DynamoDB::Table", "ArchiveLedger")
    assert ledger["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert ledger["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}


def test_each_stage_is_a_function_named_for_it(archive):
    handlers = {id[:-8]: it["Properties"]["Handler"] for id, it in archive.all("AWS::Lambda::Function").items()}
    assert handlers == {pascal(stage): f"handlers.archive.{stage}.handler" for stage in STAGES}


@pytest.mark.parametrize("stage", STAGES)
def test_a_function_reads_its_settings_from_what_the_stack_wrote(archive: Stack, stage):
    written = archive.one("AWS::Lambda::Function", pascal(stage))["Environment"]["Variables"]
    read = getattr(settings, f"{pascal(stage)}Settings").from_env(written)
    assert written == {field.upper(): value for field, value in vars(read).items()}
    for field, value in vars(read).items():
        if field.endswith(("_table", "_bucket")):
            assert archive.name_of(value) == pascal(field.rpartition("_")[0]), field


def test_what_rewrites_files_has_one_call_at_a_time_and_all_the_time_there_is(archive):
    functions = {name: archive.one("AWS::Lambda::Function", pascal(name)) for name in STAGES}
    alone = {name for name, it in functions.items() if it.get("ReservedConcurrentExecutions") == 1}
    assert alone == {"replay", "compact", "erase"}
    assert {name: it["Timeout"] for name, it in functions.items()} == {
        "stream_archiver": 120,
        "replay": 900,
        "compact": 900,
        "erase": 900,
    }


def test_the_names_that_commands_ask_for_are_outputs(archive):
    assert set(archive.template["Outputs"]) == {
        *("ArchiveBucket", "ArchiveLedgerTable", "DemandTable", "DemandStream"),
        *("GlueDatabase", "AthenaWorkgroup", "AnalystPolicy"),
    }
