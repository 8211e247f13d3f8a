"""Campaign Service over real HTTP: what it says, what it does not, and how often it is asked."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from adapters.aws.service_secrets import ServiceSecrets
from adapters.http.campaign_service import CampaignService
from adapters.http.outside import Throttled, http
from domain.errors import Rejected, Unavailable
from domain.scores.campaign import Campaign
from sandbox.campaign_service import CampaignServer

NOW = datetime(2026, 2, 13, 10, tzinfo=UTC)
MARKETS = [
    {"id": "5d76b0a1c2e3f4a5b6c7d8e9", "name": "New York"},
    {"id": "5d76b0a1c2e3f4a5b6c7d8ea", "name": "Montréal"},
]


@pytest.fixture
def secrets():
    with mock_aws():
        client = boto3.client("secretsmanager", "eu-west-1")
        client.create_secret(Name="services", SecretString=json.dumps({"campaignToken": "campaign-test"}))
        yield client


@pytest.fixture
def server():
    with CampaignServer() as running:
        running.add({"id": "campaign-123", "name": "Taylor Swift Presale", "identifier": "email"}, MARKETS)
        yield running


@pytest.fixture
def service(server, secrets):
    return CampaignService(http(), f"{server.endpoint}/", ServiceSecrets(secrets, "services"))


def test_a_campaign_is_what_the_service_says(service):
    assert service.campaign("campaign-123", NOW) == Campaign(
        "campaign-123", "Taylor Swift Presale", "email", None, False
    )


@pytest.mark.parametrize("id", ["campaign-9", "a/b", "../campaign-123", "..", ".", "", "%2e%2e", "ü?x=1#y"])
def test_a_campaign_that_there_is_not_is_rejected(service, server, id):
    with pytest.raises(Rejected):
        service.campaign(id, NOW)


def test_an_id_with_odd_letters_is_asked_for_as_it_is(service, server):
    server.add({"id": "a/b c?ü&", "name": "Odd"})
    assert service.campaign("a/b c?ü&", NOW).name == "Odd"


@pytest.mark.parametrize("fault", ["failing", "failing_late"])
def test_a_service_that_fails_is_unavailable(service, server, fault):
    setattr(server.faults, fault, 1)
    with pytest.raises(Unavailable):
        service.campaign("campaign-123", NOW)
    assert service.campaign("campaign-123", NOW).name == "Taylor Swift Presale"


def test_a_service_that_asks_for_patience_says_how_long(service, server):
    server.faults.throttled, server.faults.patience = 1, 12
    with pytest.raises(Throttled) as found:
        service.markets("campaign-123", NOW)
    assert found.value.seconds == 12


def test_a_service_that_is_not_there_is_unavailable(service, server):
    server.stop()
    with pytest.raises(Unavailable):
        service.campaign("campaign-123", NOW)


def test_a_token_that_is_refused_can_be_put_right(service, server):
    server.token = "another"
    with pytest.raises(Unavailable, match="401"):
        service.campaign("campaign-123", NOW)


@pytest.mark.parametrize("ask", ["campaign", "markets"])
def test_an_answer_of_another_shape_is_unavailable(service, server, ask):
    server.campaigns["campaign-123"] = (["no campaign"], {"markets": MARKETS})
    with pytest.raises(Unavailable):
        getattr(service, ask)("campaign-123", NOW)


def test_markets_are_found_by_name_however_it_is_written(service):
    found = service.markets("campaign-123", NOW)
    assert found == {"new york": MARKETS[0]["id"], "montreal": MARKETS[1]["id"]}


def test_markets_are_asked_for_every_five_minutes_and_anew_once_a_minute(service, server):
    def asked(seconds, fresh=False):
        before = server.calls["/campaigns/campaign-123/markets"]
        service.markets("campaign-123", NOW + timedelta(seconds=seconds), fresh)
        return server.calls["/campaigns/campaign-123/markets"] - before

    assert [asked(it) for it in (0, 1, 299, 300, 301)] == [1, 0, 0, 1, 0]
    assert [asked(it, fresh=True) for it in (359, 360, 361, 419, 420)] == [0, 1, 0, 0, 1]
    assert asked(0) == 1  # a clock that was put back keeps nothing for ever


def test_what_could_not_be_read_is_asked_for_again(service, server):
    server.faults.failing = 1
    with pytest.raises(Unavailable):
        service.markets("campaign-123", NOW)
    assert service.markets("campaign-123", NOW)


def test_a_secret_without_the_token_says_what_is_missing(service, secrets):
    secrets.put_secret_value(SecretId="services", SecretString="{}")
    with pytest.raises(Unavailable, match="campaignToken"):
        service.campaign("campaign-123", NOW)
