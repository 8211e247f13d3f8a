"""One value of a program changed from the command line, found by ids."""

import pytest
from program_texts import SHIPPED, least

from adapters.files.program_override import override
from adapters.files.programs import ProgramInvalid, load_document, read_document
from domain.errors import Rejected


@pytest.fixture(scope="module")
def music():
    return read_document(SHIPPED / "music-feedback.yaml")


def changed(document, assignment):
    return load_document(override(document, assignment), "music-feedback")


@pytest.mark.parametrize(
    ("assignment", "read"),
    [
        ("filterChain.frequency-cap.maxRequestsPerWeek=5", lambda p: p.filters[3].parameters == {"maxRequestsPerWeek": 5}),
        ("filterChain.frequency-cap.parameters.maxRequestsPerWeek=5", lambda p: p.filters[3].parameters["maxRequestsPerWeek"] == 5),
        ("filterChain.frequency-cap.maxRequestsPerMonth=4", lambda p: p.filters[3].parameters.get("maxRequestsPerMonth") == 4),
        ("filterChain.engagement.minEngagementScore = 0.75", lambda p: p.filters[2].parameters["minEngagementScore"] == 0.75),
        ("filterChain.engagement.enabled=false", lambda p: [step.id for step in p.filters] == ["trust", "eligibility", "frequency-cap"]),
        ("filterChain.eligibility.order=9", lambda p: p.filters[-1].id == "eligibility"),
        ("minScore=0.25", lambda p: p.min_score == 0.25),
        ("limitPerSubject=null", lambda p: p.limit_per_subject is None),
        ("context=[program]", lambda p: p.context == ("program",)),
        ("earliestStarts.export=04:30", lambda p: p.earliest["export"] == "04:30"),
        ("batchSchedule=cron(30 4 * * ? *)", lambda p: p.schedules["batch"] == "cron(30 4 * * ? *)"),
        ("dataConnectors.redshift-music-streams.timeoutMinutes=5", lambda p: p.connectors[0].timeout_minutes == 5),
        ("dataConnectors.redshift-music-streams.cluster=other", lambda p: p.connectors[0].cluster == "other"),
        ("channels.email.sendTime=09:15", lambda p: p.channels[0].config["sendTime"] == "09:15"),
        ("scoringModels.music-affinity-v2.version='3'", lambda p: p.scoring.models[1].version == "3"),
        ("marketplaces.IN.locale=hi", lambda p: p.marketplaces[5].locale == "hi"),
    ],
)  # fmt: skip
def test_a_value_is_found_by_the_ids_on_its_way(assignment, read, music):
    assert not read(load_document(music, "music-feedback"))
    assert read(changed(music, assignment))


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        (
            "filterChain.frequency_cap.maxRequestsPerWeek=5",
            "frequency_cap is none of filterChain; nearest: frequency-cap",
        ),
        (
            "filterChain.frequency-cap.maxRequestPerWeek=5",
            "maxRequestPerWeek is no known key; nearest: maxRequestsPerWeek",
        ),
        ("filterchain.trust.order=5", "filterchain is no known key; nearest: filterChain"),
        ("minScore.low=5", "low cannot be found: minScore holds a value, not keys"),
        ("minScore", "write path=value"),
        ("=3", "write path=value"),
    ],
)
def test_a_word_that_names_nothing_gets_the_nearest_that_does(assignment, told, music):
    with pytest.raises(Rejected) as rejected:
        override(music, assignment)
    assert str(rejected.value).startswith(f"{assignment}: {told}")


def test_the_changed_program_is_checked_like_any_other(music):
    with pytest.raises(ProgramInvalid, match=r"^music-feedback: minScore = 7: should be less than or equal to 1$"):
        changed(music, "minScore=7")


def test_the_document_itself_stays_as_it_was(music):
    before = load_document(music, "x")
    override(music, "filterChain.frequency-cap.maxRequestsPerWeek=5")
    assert load_document(music, "x") == before


def test_a_marketplace_written_as_its_id_can_be_spelt_out():
    document = override(least(), "marketplaces.US.locale=es-US")
    assert load_document(document, "survey").marketplaces[0].locale == "es-US"


def test_a_part_that_was_left_out_can_be_set():
    document = override(least(), "schedules.report=cron(0 6 * * ? *)")
    assert load_document(document, "survey").schedules["report"] == "cron(0 6 * * ? *)"
