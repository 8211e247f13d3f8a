"""boto3's own client talks to the Feature Store stand-in as it does to AWS."""

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.feature_store import FeatureStoreServer

PEOPLE = pa.table(
    {
        "record_id": ["c1", "c2", "c3"],
        "trust_score": [0.5, None, 1.0],
        "review_history": [4, 0, 7],
        "taste": ["pop", "é", None],
    }
)


@pytest.fixture
def server(tmp_path):
    (tmp_path / "features").mkdir()
    pq.write_table(PEOPLE, tmp_path / "features" / "customer-features.parquet")
    things = pa.table({"record_id": [7, 8], "price": [9.99, 10.0]})
    pq.write_table(things, tmp_path / "features" / "product-features.parquet")
    with FeatureStoreServer() as running:
        assert running.load(tmp_path) == ("customer-features", "product-features")
        yield running


@pytest.fixture
def client(server):
    return boto3.client(
        "sagemaker-featurestore-runtime",
        endpoint_url=server.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def wanted(ids, group="customer-features", features=None):
    item = {"FeatureGroupName": group, "RecordIdentifiersValueAsString": ids}
    return {**item, "FeatureNames": features} if features else item


def records(answer) -> dict[tuple[str, str], dict[str, str]]:
    return {
        (found["FeatureGroupName"], found["RecordIdentifierValueAsString"]): {
            value["FeatureName"]: value["ValueAsString"] for value in found["Record"]
        }
        for found in answer["Records"]
    }


def test_records_of_several_groups_come_in_one_call_as_text(client):
    answer = client.batch_get_record(Identifiers=[wanted(["c1", "c3"]), wanted(["8"], "product-features", ["price"])])
    assert records(answer) == {
        ("customer-features", "c1"): {"record_id": "c1", "trust_score": "0.5", "review_history": "4", "taste": "pop"},
        ("customer-features", "c3"): {"record_id": "c3", "trust_score": "1.0", "review_history": "7"},
        ("product-features", "8"): {"price": "10.0"},
    }
    assert answer["Errors"] == answer["UnprocessedIdentifiers"] == []


def test_an_unknown_id_is_absent_and_so_is_an_empty_feature(client):
    answer = client.batch_get_record(Identifiers=[wanted(["c2", "nobody"], features=["trust_score", "review_history"])])
    assert records(answer) == {("customer-features", "c2"): {"review_history": "0"}}


def test_a_call_for_unknown_ids_only_finds_nothing(client):
    assert client.batch_get_record(Identifiers=[wanted(["nobody"])])["Records"] == []


def test_an_unknown_group_is_an_error_an_id(client):
    answer = client.batch_get_record(Identifiers=[wanted(["a", "b"], "nothing"), wanted(["c1"])])
    assert [error["RecordIdentifierValueAsString"] for error in answer["Errors"]] == ["a", "b"]
    assert len(answer["Records"]) == 1


@pytest.mark.parametrize("ids", [[], [f"c{n}" for n in range(101)], ["c1", "c1"]])
def test_a_call_takes_one_to_a_hundred_different_ids(client, ids):
    with pytest.raises(ClientError, match="ValidationError"):
        client.batch_get_record(Identifiers=[wanted(ids)] if ids else [])


def test_every_second_id_may_stay_unprocessed(server, client):
    server.faults.half_unprocessed = 1
    answer = client.batch_get_record(Identifiers=[wanted(["c1", "c2", "c3"], features=["review_history"])])
    assert [id for _, id in records(answer)] == ["c1", "c3"]
    assert answer["UnprocessedIdentifiers"] == [wanted(["c2"], features=["review_history"])]
    again = client.batch_get_record(Identifiers=answer["UnprocessedIdentifiers"])
    assert [id for _, id in records(again)] == ["c2"]
    assert again["UnprocessedIdentifiers"] == []


def test_every_id_may_fail_on_its_own(server, client):
    server.faults.record_errors = 1
    answer = client.batch_get_record(Identifiers=[wanted(["c1"])])
    assert answer["Errors"][0]["ErrorCode"] == "InternalFailure"
    assert records(answer) == {}


@pytest.mark.parametrize(
    ("fault", "name"), [("throttle", "ThrottlingException"), ("unavailable", "ServiceUnavailable")]
)
def test_a_call_may_fail_whole(server, client, fault, name):
    setattr(server.faults, fault, 1)
    with pytest.raises(ClientError) as caught:
        client.batch_get_record(Identifiers=[wanted(["c1"])])
    assert caught.value.response["Error"]["Code"] == name
    assert client.batch_get_record(Identifiers=[wanted(["c1"])])["Records"]


def test_one_record_is_read_by_name(client):
    ask = {"FeatureGroupName": "customer-features", "RecordIdentifierValueAsString": "c1"}
    assert client.get_record(**ask, FeatureNames=["taste"])["Record"] == [
        {"FeatureName": "taste", "ValueAsString": "pop"}
    ]
    assert "Record" not in client.get_record(**{**ask, "RecordIdentifierValueAsString": "nobody"})
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.get_record(**{**ask, "FeatureGroupName": "nothing"})


def test_a_table_without_ids_is_refused(tmp_path, server):
    folder = tmp_path / "other"
    (folder / "features").mkdir(parents=True)
    pq.write_table(PEOPLE.drop_columns("record_id"), folder / "features" / "broken.parquet")
    with pytest.raises(ValueError, match="record_id"):
        server.load(folder)
