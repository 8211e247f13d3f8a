"""Contact data in the Customers table: as long as it is needed, and not written anew for nothing."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from keyed_tables import make_table
from moto import mock_aws

from adapters.aws.attribute_values import decode_item, encode_item
from adapters.aws.customers import SPARE, Customers

UNTIL = datetime(2026, 12, 20, 2, tzinfo=UTC)
ADA = {"email": "ada@example.com", "name": "Ada"}
KEY = encode_item({"PK": "CUSTOMER#c1", "SK": "CONTACT#reviews"})


@pytest.fixture
def dynamodb(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1")
        make_table(client, "Customers")
        yield client


def contact(dynamodb):
    item = decode_item(dynamodb.get_item(TableName="Customers", Key=KEY)["Item"])
    return {name: value for name, value in item.items() if name not in ("PK", "SK")}


def test_contact_data_expires_after_it_is_last_needed(dynamodb):
    assert Customers(dynamodb, "Customers").keep_contacts("reviews", {"c1": ADA}, UNTIL) == 1
    assert contact(dynamodb) == {**ADA, "expiresAt": int((UNTIL + SPARE).timestamp())}


def test_contact_data_that_is_needed_longer_is_kept_longer_but_not_written_each_day(dynamodb):
    customers = Customers(dynamodb, "Customers")
    written = [customers.keep_contacts("reviews", {"c1": ADA}, UNTIL + timedelta(days=day)) for day in range(32)]
    assert [day for day, number in enumerate(written) if number] == [0, 31]
    assert contact(dynamodb)["expiresAt"] == int((UNTIL + timedelta(days=31) + SPARE).timestamp())


def test_contact_data_without_an_end_gets_one(dynamodb):
    dynamodb.put_item(TableName="Customers", Item={**KEY, **encode_item(ADA)})
    assert Customers(dynamodb, "Customers").keep_contacts("reviews", {"c1": ADA}, UNTIL) == 1
    assert "expiresAt" in contact(dynamodb)


def test_contact_data_that_changed_is_written(dynamodb):
    customers = Customers(dynamodb, "Customers")
    customers.keep_contacts("reviews", {"c1": ADA}, UNTIL)
    assert customers.keep_contacts("reviews", {"c1": {"email": "ada@example.org"}}, UNTIL) == 1
    assert contact(dynamodb)["email"] == "ada@example.org"
    assert "name" not in contact(dynamodb)
