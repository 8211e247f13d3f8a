"""Stopping and going on: the item that the senders read, and the state that no rerun takes back."""

from datetime import UTC, datetime

import boto3
import pytest
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws.deliveries import Deliveries
from adapters.aws.kill_switch import KillSwitch
from cli.deployment import Deployment
from cli.sending import held, let_go
from domain.errors import Rejected

CAMPAIGN = {"id": "p.2026-11-20.DE", "program": "p", "date": "2026-11-20", "state": "SENDING"}
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def deployment(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        make_table(boto3.client("dynamodb"), "Controls")
        make_table(boto3.client("dynamodb"), "Deliveries", {"GSI1": "ALL", "GSI2": "ALL"})
        yield Deployment(boto3.client, {"controls_table": "Controls", "deliveries_table": "Deliveries"}, {})


def switch():
    return KillSwitch(boto3.client("dynamodb"), "Controls")


def test_everything_is_held_back_until_it_is_let_go(deployment):
    held(deployment, None, "wrong price", AT)
    assert switch().stopped()
    assert let_go(deployment, AT)["why"] == "wrong price"
    assert not switch().stopped()


def test_a_campaign_is_stopped_for_good_and_nothing_else_is(deployment):
    deliveries = Deliveries(boto3.client("dynamodb"), "Deliveries")
    deliveries.put_campaign(CAMPAIGN)
    held(deployment, CAMPAIGN["id"], "wrong price", AT)
    assert deliveries.campaign(CAMPAIGN["id"])["state"] == "STOPPED"
    assert not deliveries.move_campaign(CAMPAIGN["id"], "SENDING")
    assert not switch().stopped()


def test_a_campaign_that_is_not_there_is_named(deployment):
    with pytest.raises(Rejected, match=r"p\.2026-11-20\.FR"):
        held(deployment, "p.2026-11-20.FR", "", AT)
