"""Program files that cannot be used: what the owner is told."""

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program_texts import LEAST, connector, least, problems_of

from adapters.files import programs

KNOWN_FILTERS = "(known: eligibility, engagement, frequency-cap, trust)"
TRUST = {"filterId": "trust", "type": "trust", "order": 1}
CAP = {"filterId": "frequency-cap", "type": "business-rule", "order": 2}
MODEL = LEAST["scoringModels"][0]
GROUP = LEAST["featureGroups"][0]
EMAIL = LEAST["channels"][0]
NO_QUERY = "dataConnectors.athena-services.config.query = "


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"minscore": 0.5}, "minscore = 0.5: is no known key; nearest: minScore"),
        ({"scoreCacheTtlDays": 7}, "scoreCacheTtlDays = 7: is no known key; nearest: scoreCacheTTLDays"),
        ({"programName": None}, "programName: is missing"),
        ({"programId": "My Program"}, "programId = 'My Program': should be lower-case words joined by hyphens"),
        ({"enabled": "yes"}, "enabled = 'yes': should be a valid boolean"),
        ({"candidateTTLDays": 0}, "candidateTTLDays = 0: should be greater than or equal to 1"),
        ({"candidateTTLDays": "30"}, "candidateTTLDays = '30': should be a valid integer"),
        ({"minScore": 1.2}, "minScore = 1.2: should be less than or equal to 1"),
        ({"minScore": float("nan")}, "minScore = nan: should be a finite number"),
        ({"limit": True}, "limit = true: should be a valid integer"),
        ({"fallbackScore": 0.7}, "fallbackScore = 0.7: should be below 0.7: a candidate no model has judged"),
        ({"batchSchedule": "cron(0 2 * * * *)"}, "batchSchedule = 'cron(0 2 * * * *)': exactly one of day of month"),
        ({"schedules": {"retrian": None}}, "schedules.retrian = null: is no known key; nearest: retrain"),
        ({"schedules": {"report": "daily"}}, "schedules.report = 'daily': is no cron expression"),
        ({"earliestStarts": {"export": "3:00"}}, "earliestStarts.export = '3:00': should be a time of day"),
        ({"dedupeKeys": ["subject"]}, "dedupeKeys: must name customer"),
        ({"dedupeKeys": ["customer", "eventDate"]}, "dedupeKeys.eventDate = 'eventDate': is unknown; nearest"),
        ({"context": ["market"]}, "context.market = 'market': is unknown; nearest: marketplace"),
        ({"context": ["genre"]}, "context.genre = 'genre': is mapped by no connector"),
        ({"marketplaces": []}, "marketplaces: list should have at least 1 item after validation, not 0"),
        ({"marketplaces": ["US", "US"]}, "marketplaces: id US is there more than once"),
        ({"marketplaces": ["BR"]}, "marketplaces.BR = 'BR': has no known time zone and locale: write {id, timeZone"),
        (
            {"marketplaces": [{"id": "BR", "timeZone": "America/Sao_Paolo", "locale": "pt-BR"}]},
            "marketplaces.BR.timeZone = 'America/Sao_Paolo': is no IANA time zone; nearest: America/Sao_Paulo",
        ),
        (
            {"marketplaces": [{"id": "US", "locale": "en_US"}]},
            "marketplaces.US.locale = 'en_US': should be a BCP 47 tag",
        ),
        (
            {"marketplaces": [{"id": "US", "sender": "a@example.com\nBcc: b@example.com"}]},
            "marketplaces.US.sender: should be an address or Name <address>",
        ),
        ({"marketplaces": [{"id": "US", "timezone": "UTC"}]}, "marketplaces.US.timezone = 'UTC': is no known key"),
    ],
)
def test_a_wrong_value_is_named_by_key_value_and_reason(changes, told, tmp_path):
    [problem] = problems_of(least(**changes), tmp_path)
    assert problem.startswith(told)


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        (
            [{**TRUST, "filterId": "frequency_cap"}],
            f"filterChain.frequency_cap.filterId = 'frequency_cap': is unknown; nearest: frequency-cap {KNOWN_FILTERS}",
        ),
        ([{"type": "trust", "order": 1}], "filterChain.0.filterId: is missing"),
        ([{**TRUST, "type": "business-rule"}], "filterChain.trust.type = 'business-rule': is unknown; nearest: trust"),
        ([{**TRUST, "order": "first"}], "filterChain.trust.order = 'first': should be a valid integer"),
        ([CAP], "filterChain.frequency-cap.parameters: is missing"),
        (
            [{**CAP, "parameters": {}}],
            "filterChain.frequency-cap.parameters: needs maxRequestsPerMonth, maxRequestsPerWeek or",
        ),
        (
            [{**CAP, "parameters": {"maxRequestsPerYear": 3}}],
            "filterChain.frequency-cap.parameters.maxRequestsPerYear = 3: is no known key; nearest: maxRequestsPerWeek"
            " (known: maxRequestsPerCalendarMonth, maxRequestsPerMonth, maxRequestsPerWeek)",
        ),
        (
            [{**TRUST, "parameters": {"minEngagementScore": 0.6}}],
            "filterChain.trust.parameters.minEngagementScore = 0.6: is no known key; nearest: maxBotScore",
        ),
        ([TRUST, TRUST], "filterChain: filterId trust is there more than once"),
        (
            [TRUST, {**CAP, "order": 1, "parameters": {"maxRequestsPerWeek": 1}}],
            "filterChain: order 1 is there more than once",
        ),
        (
            [TRUST, {"filterId": "engagement", "type": "business-rule", "order": 2}],
            "filterChain.engagement: judges by engagement, which not every connector's fieldMapping has",
        ),
    ],
)
def test_a_wrong_filter_is_named_by_its_id(chain, told, tmp_path):
    [problem] = problems_of(least(filterChain=chain), tmp_path)
    assert problem.startswith(told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"type": "snowflake"}, "type = 'snowflake': is unknown; nearest: "),
        ({"type": "redshift", "cluster": "a", "workgroup": "b"}, "config: needs either cluster or workgroup, and not"),
        ({"type": "redshift"}, "config: needs either cluster or workgroup, and not both"),
        ({"tabel": "visits"}, "config.tabel = 'visits': is no known key; nearest: table"),
        ({"table": "visit"}, "config.table = 'visit': is not read by the query; nearest: visits"),
        ({"resultsBucket": "s3://lake"}, "config.resultsBucket = 's3://lake': should be the name of an S3"),
        ({"dataBuckets": ["My_Bucket"]}, "config.dataBuckets.My_Bucket = 'My_Bucket': should be the name of an S3"),
        ({"timeoutMinutes": 500}, "timeoutMinutes = 500: should be less than or equal to 120"),
        (
            {"fieldMapping": {"customer_id": "custmer"}},
            "fieldMapping.customer_id = 'custmer': is unknown; nearest: customer",
        ),
        (
            {"fieldMapping": {"customer_id": "customer", "subject_id": "subject"}},
            "fieldMapping: maps no column to eventDate, marketplace",
        ),
        (
            {
                "fieldMapping": {
                    "customer_id": "customer",
                    "subject_id": "subject",
                    "event_day": "eventDate",
                    "marketplace": "marketplace",
                }
            },
            "fieldMapping.event_day = 'eventDate': column event_day, mapped to eventDate, is not selected by the query;"
            " nearest: event_date",
        ),
        (
            {"query": "SELECT * FROM visits", "fieldMapping": {"a": "customer", "b": "customer", "c d": "subject"}},
            "fieldMapping.c d",
        ),
    ],
)
def test_a_wrong_connector_is_named_by_its_id(changes, told, tmp_path):
    [problem] = problems_of(least(dataConnectors=connector(**changes)), tmp_path)
    assert problem.startswith(f"dataConnectors.athena-services.{told}")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT FROM WHERE", "line 1, column "),
        ("SELECT * FROM visits; DROP TABLE visits", "it must be one SELECT and nothing else"),
        ("DELETE FROM visits", "it must be one SELECT and nothing else"),
        ("SELECT * FROM visits WHERE at > now()", "NOW would give another result when the run is repeated"),
        ("SELECT * FROM visits WHERE at > :day", "there is no parameter 'day'"),
    ],
)
def test_a_query_that_cannot_be_run_again_and_again_is_named(query, told, tmp_path):
    [problem] = problems_of(least(dataConnectors=connector(query=query)), tmp_path)
    assert problem.startswith(f"{NO_QUERY}{query!r}: {told}")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"scoringModels": [{**MODEL, "endpoint": "review-propensity"}]},
            "scoringModels.propensity.endpoint = 'review-propensity': should be sagemaker:// and the endpoint's name",
        ),
        (
            {"scoringModels": [{**MODEL, "features": ["engagment_score"]}]},
            "scoringModels.propensity.features.engagment_score = 'engagment_score': is in no feature group;"
            " nearest: engagement_score",
        ),
        ({"scoringModels": [{**MODEL, "weight": 0.5}]}, "scoringModels: has weights that add up to 0.5, not 1"),
        ({"scoringModels": [{**MODEL, "enabled": False}]}, "scoringModels: has none that is enabled"),
        (
            {"scoringModels": [{**MODEL, "weight": 0.5}, {**MODEL, "modelId": "b", "endpoint": "sagemaker://b"}]},
            "scoringModels: gives a weight to some enabled models but not to all",
        ),
        ({"scoringModels": [MODEL, MODEL]}, "scoringModels: modelId propensity is there more than once"),
        (
            {"featureGroups": [GROUP, {**GROUP, "name": "again", "record": "subject"}]},
            "featureGroups: has engagement_score in more than one group; models know features by name",
        ),
        ({"featureGroups": None}, "scoringModels.propensity.features.engagement_score = 'engagement_score': is in no"),
        ({"channels": [{**EMAIL, "enabled": False}]}, "channels: has none that is enabled"),
        ({"channels": [{**EMAIL, "type": "e-mail"}]}, "channels.email.type = 'e-mail': is unknown; nearest: email"),
        (
            {"channels": [{**EMAIL, "config": {"templateId": "t", "timezone": "locale"}}]},
            "channels.email.config.timezone = 'locale': is no IANA time zone; nearest: ",
        ),
        (
            {"channels": [{**EMAIL, "config": {"templateId": "t", "lateZones": "nextday"}}]},
            "channels.email.config.lateZones = 'nextday': is unknown; nearest: next-day",
        ),
        ({"channels": [{**EMAIL, "shadowMode": "yes"}]}, "channels.email.shadowMode = 'yes': "),
        (
            {"dataConnectors": [{**connector()[0], "connectorId": "contacts"}]},
            "dataConnectors.contacts.connectorId = 'contacts': is the name of the contacts query; take another",
        ),
        (
            {"contacts": {"connectorId": "athena", "query": "SELECT a FROM b", "fieldMapping": {"a": "customer"}}},
            "contacts.connectorId = 'athena': is no connector of this program; nearest: athena-services",
        ),
        (
            {
                "contacts": {
                    "connectorId": "athena-services",
                    "query": "SELECT id FROM people",
                    "fieldMapping": {"id": "customer", "mail": "email"},
                }
            },
            "contacts.fieldMapping.mail = 'email': column mail, mapped to email, is not selected by the query;",
        ),
    ],
)
def test_what_does_not_fit_together_is_named(changes, told, tmp_path):
    [problem] = problems_of(least(**changes), tmp_path)
    assert problem.startswith(told)


def test_all_mistakes_of_a_file_are_told_at_once_each_with_its_line(tmp_path):
    file = tmp_path / "survey.yaml"
    file.write_text(
        """programId: survey
programName: Survey
enabeld: true
marketplaces: [US]
dataConnectors: []
scoringModels:
  - modelId: m
    endpoint: sagemaker://m
    features: [a]
filterChain:
  - filterId: trsut
    type: trust
    order: 1
channels:
  - channelId: email
    type: email
    config: {}
minScore: 0.6
minScore: 7
"""
    )
    with pytest.raises(programs.ProgramInvalid) as invalid:
        programs.load(file)
    assert {(problem.line, problem.key) for problem in invalid.value.problems} == {
        (3, "enabeld"),
        (5, "dataConnectors"),
        (11, "filterChain.trsut.filterId"),
        (17, "channels.email.config.templateId"),
        (19, "minScore"),
    }
    assert "is written twice, first in line 18" in str(invalid.value)
    assert str(invalid.value).startswith(f"{file}:")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no mapping of keys to values"),
        ("- a\n- b", "holds no mapping of keys to values"),
        ("a: [1\nb: 2", "is no YAML: "),
        ("a: \x00", "is no YAML: special characters are not allowed"),
        ("a: !!python/object:os.system x", "is no YAML: could not determine a constructor"),
        ("a: 1\n---\nb: 2", "is no YAML: but found another document"),
    ],
)
def test_a_text_that_is_no_program_is_told_so(text, told, tmp_path):
    file = tmp_path / "text.yaml"
    file.write_text(text)
    with pytest.raises(programs.ProgramInvalid) as invalid:
        programs.load(file)
    assert told in str(invalid.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"programName: caf\xe9")
    for name, told in (("none.yaml", "there is no such file"), ("latin.yaml", "is not UTF-8"), (".", "cannot be read")):
        with pytest.raises(programs.ProgramInvalid, match=told):
            programs.load(tmp_path / name)


ODD = st.sampled_from(
    [None, True, -1, 0.5, "", "x", "trust", [], ["x"], [None], {}, {"x": 1}, {1: 2}, [[]], [{}], "US"]
)


def places(node, path=()):
    """Every place of a document."""
    yield path
    for key, item in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(item, (*path, key))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from([path for path in places(LEAST) if path]), odd=ODD)
def test_whatever_stands_in_a_file_the_answer_is_a_program_or_a_list_of_problems(place, odd, tmp_path):
    document = deepcopy(LEAST)
    inner = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = odd
    for problem in problems_of(document, tmp_path):
        assert problem
