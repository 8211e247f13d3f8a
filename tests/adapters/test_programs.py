"""Program files that can be used: what is published, what is shipped, what is left out."""

import json
import re
from zoneinfo import ZoneInfo

import pytest
import yaml
from program_texts import LEAST, PUBLISHED, ROOT, SHIPPED, connector, defaults_of, least, problems_of

from adapters.files.program_connectors import ContactTarget, Target
from adapters.files.program_schema import json_schema
from adapters.files.programs import (
    ProgramInvalid,
    compile_program,
    load,
    load_all,
    load_document,
    load_program,
    load_programs,
    program_files,
    program_hash,
)
from domain.solicitation.filters import FILTERS
from domain.solicitation.program import Channel, FilterStep, Program
from domain.solicitation.targets import CONTACT_TARGETS, TARGETS

EVERY_FILE = sorted([*SHIPPED.rglob("*.yaml"), *PUBLISHED.glob("*.yaml")])


@pytest.mark.parametrize("file", EVERY_FILE, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_program_reads_back_from_its_compiled_bytes(file):
    program = load_program(file)
    assert Program.from_json(json.loads(compile_program(program))) == program
    assert compile_program(load_program(file)) == compile_program(program)


def test_the_product_reviews_published_load_as_they_are():
    program = load_program(PUBLISHED / "product-reviews.yaml")
    assert (program.id, program.name, program.enabled) == ("product-reviews", "E-Commerce Product Reviews", True)
    assert [place.id for place in program.marketplaces] == ["US", "UK", "DE", "FR", "JP"]
    assert program.queries[0].sql == "SELECT * FROM deliveries WHERE delivery_date = ?"
    assert dict(program.queries[0].mapping)["product_id"] == "subject"
    assert program.filters == (
        FilterStep("trust", {"maxBotScore": 0.5}),
        FilterStep("eligibility", {}),
        FilterStep("frequency-cap", {"maxRequestsPerMonth": 3}),
    )
    assert program.channels == (
        Channel(
            "email",
            "email",
            {
                "templateId": "review-request-v3",
                "sendTime": "10:00",
                "timezone": "local",
                "lateZones": "next-day",
                "shadowMode": False,
            },
        ),
    )
    assert (program.schedules["batch"], program.candidate_days) == ("cron(0 2 * * ? *)", 30)
    assert (program.scoring.cache_days, program.min_score, program.limit) == (7, 0.7, 50_000)
    assert (program.scoring.batch_size, program.limit_per_subject) == (1_000, None)


def test_the_music_feedback_published_loads_as_it_is():
    program = load_program(PUBLISHED / "music-feedback.yaml")
    assert [place.id for place in program.marketplaces] == ["US", "UK", "DE", "FR", "JP", "IN"]
    assert program.connectors[0].cluster == "music-analytics"
    assert program.filters[2:] == (
        FilterStep("engagement", {"minEngagementScore": 0.6}),
        FilterStep("frequency-cap", {"maxRequestsPerWeek": 2}),
    )
    assert [(channel.id, channel.kind) for channel in program.channels] == [
        ("email", "email"),
        ("voice-assistant", "voice"),
    ]
    assert program.candidate_days == program.scoring.cache_days == 14
    assert (program.min_score, program.limit, program.limit_per_subject) == (0.6, 100_000, 10_000)
    assert (program.scoring.batch_size, program.date_index_by_subject) == (2_000, True)
    assert program.context == ("marketplace", "genre")


def test_the_published_music_query_is_warned_of_since_it_selects_no_event_date():
    warnings = load(PUBLISHED / "music-feedback.yaml").warnings
    assert [warning.key for warning in warnings] == ["dataConnectors.redshift-music-streams.config.query"] * 2
    assert "column playback_date, mapped to eventDate, is not selected by the query" in warnings[1].reason


@pytest.mark.parametrize("id", ["product-reviews", "music-feedback"])
def test_what_is_shipped_keeps_every_word_that_was_published(id):
    shipped, published = (load_program(folder / f"{id}.yaml") for folder in (SHIPPED, PUBLISHED))
    assert [place.id for place in shipped.marketplaces] == [place.id for place in published.marketplaces]
    for kept in ("id", "name", "filters", "channels", "schedules", "earliest", "min_score", "limit", "candidate_days"):
        assert getattr(shipped, kept) == getattr(published, kept), kept
    for model, before in zip(shipped.scoring.models, published.scoring.models, strict=True):
        assert (model.id, model.endpoint) == (before.id, before.endpoint)
        assert set(before.features) <= set(model.features)
    assert shipped.scoring.groups == published.scoring.groups
    assert set(published.queries[0].mapping) <= set(shipped.queries[0].mapping)


@pytest.mark.parametrize("id", ["product-reviews", "music-feedback"])
def test_what_is_shipped_is_complete(id):
    loaded = load(SHIPPED / f"{id}.yaml")
    program = loaded.program
    assert not loaded.warnings
    assert program.contacts is not None
    assert all(ZoneInfo(place.time_zone) and "@example.com" in place.sender for place in program.marketplaces)
    assert {"trust", "eligibility"} < {step.id for step in program.filters} <= set(FILTERS)
    written = yaml.safe_load((SHIPPED / f"{id}.yaml").read_text())
    left_out = set(json_schema()["properties"]) - set(written) - {"limitPerSubject"}
    assert not left_out


def test_the_folder_gives_its_programs_by_id_and_not_the_examples():
    assert [program.id for program in load_programs(SHIPPED)] == ["music-feedback", "product-reviews"]


def test_the_least_program_of_the_docs_loads(tmp_path):
    text = (ROOT / "docs/programs.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "least.yaml").write_text(text)
    assert load_program(tmp_path / "least.yaml").scoring.models[0].weight == 1.0


@pytest.mark.parametrize(
    ("position", "id"), list(enumerate(["service-survey", "product-reviews", "music-feedback"])), ids=str
)
def test_the_docs_table_of_defaults_is_true(position, id):
    rows = [
        line.split(" | ") for line in (ROOT / "docs/programs.md").read_text().splitlines() if line.startswith("| `")
    ]
    rows = [[cell.strip("| ") for cell in row] for row in rows if len(row) == 4 and not row[1].startswith("`")]
    table = {row[0].strip("`"): row[position + 1] for row in rows}
    assert table | {"batchSchedule": ""} == defaults_of(id) | {"batchSchedule": ""}


def test_every_key_is_in_the_docs():
    docs = (ROOT / "docs/programs.md").read_text()
    schema = json_schema()
    keys = {key for part in [schema, *schema["$defs"].values()] for key in part.get("properties", ())}
    assert not {key for key in keys if not re.search(rf"\b{key}\b", docs)}


def test_the_json_schema_is_current():
    kept = (ROOT / "schemas/json/program.schema.json").read_text()
    assert json.loads(kept) == json_schema(), "ovation programs schema > schemas/json/program.schema.json"


def test_all_targets_can_be_mapped_to():
    assert set(Target.__metadata__[0].words) == set(TARGETS)
    assert set(ContactTarget.__metadata__[0].words) == set(CONTACT_TARGETS)


def test_filters_judge_in_their_order_and_disabled_parts_are_left_out():
    chain = [
        {"filterId": "frequency-cap", "type": "business-rule", "order": 9, "parameters": {"maxRequestsPerWeek": 1}},
        {"filterId": "engagement", "type": "business-rule", "order": 7, "enabled": False},
        {"filterId": "trust", "type": "trust", "order": 3},
    ]
    channels = [
        *LEAST["channels"],
        {"channelId": "v", "type": "voice", "enabled": False, "config": {"prompt": "Well?"}},
    ]
    program = load_document(least(filterChain=chain, channels=channels), "survey")
    assert [step.id for step in program.filters] == ["trust", "frequency-cap"]
    assert [channel.id for channel in program.channels] == ["email"]


def test_business_rules_coexist():
    program = load_program(SHIPPED / "music-feedback.yaml")
    assert [step.id for step in program.filters][2:] == ["engagement", "frequency-cap"]


def test_models_without_weights_count_the_same():
    models = [{**LEAST["scoringModels"][0], "modelId": f"m{n}", "endpoint": f"sagemaker://m{n}"} for n in range(4)]
    program = load_document(least(scoringModels=models), "survey")
    assert [model.weight for model in program.scoring.models] == [0.25] * 4


def test_a_scalar_is_what_yaml_1_2_says_it_is(tmp_path):
    assert not problems_of(
        """
programId: norway
programName: Norway
marketplaces: [{id: NO, timeZone: Europe/Oslo, locale: nb}]
dataConnectors:
  - {connectorId: a, type: athena, config: {database: d, query: "SELECT * FROM t"}}
featureGroups: [{name: f, record: customer, features: [on]}]
scoringModels: [{modelId: m, endpoint: "sagemaker://m", features: [on]}]
filterChain: [{filterId: trust, type: trust, order: 010}]
channels: [{channelId: email, type: email, config: {templateId: t, sendTime: 18:30}}]
""",
        tmp_path,
    )
    program = load_program(tmp_path / "program.yaml")
    assert program.marketplaces[0].id == "NO"
    assert program.channels[0].config["sendTime"] == "18:30"
    assert program.scoring.models[0].features == ("on",)


def test_a_hash_names_a_content_and_not_a_file():
    program = load_document(least(), "one")
    assert program_hash(program) == program_hash(load_document(json.loads(json.dumps(least())), "two"))
    assert program_hash(program) != program_hash(load_document(least(minScore=0.71), "one"))
    assert len(program_hash(program)) == 16


def test_a_whole_number_is_as_good_as_its_decimal():
    assert program_hash(load_document(least(minScore=1), "x")) == program_hash(load_document(least(minScore=1.0), "x"))


def test_rights_reach_the_compiled_connector():
    config = {"dataBuckets": ["lake"], "glueDatabases": ["services", "shared"], "workgroup": "w", "timeoutMinutes": 7}
    config["resultsBucket"] = "by-products"
    program = load_document(least(dataConnectors=connector(**config)), "survey")
    [source] = program.connectors
    assert (source.data_buckets, source.glue_databases) == (("lake",), ("services", "shared"))
    assert source.results_bucket == "by-products"
    assert (source.workgroup, source.timeout_minutes) == ("w", 7)
    assert load_document(least(), "survey").connectors[0].glue_databases == ("services",)


def test_a_connector_that_only_serves_contacts_stays_known():
    [people] = connector(enabled=False)
    contacts = {
        "connectorId": "people",
        "query": "SELECT customer_id, email FROM people",
        "fieldMapping": {"customer_id": "customer", "email": "email"},
    }
    document = least(dataConnectors=[*connector(), {**people, "connectorId": "people"}], contacts=contacts)
    program = load_document(document, "survey")
    assert [query.name for query in program.queries] == ["athena-services"]
    assert program.connector("people").engine == "athena"


def test_the_problems_of_all_files_come_together(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(least(enabeld=True)))
    with pytest.raises(ProgramInvalid) as invalid:
        load_programs(tmp_path)
    assert [problem.file for problem in invalid.value.problems] == [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]


def test_two_files_may_not_have_one_id(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(least()))
    with pytest.raises(ProgramInvalid, match=r"b\.yaml:1: programId = 'service-survey': is also the id of .*a\.yaml"):
        load_all(program_files(tmp_path))
