"""What the stack tells operators: where things are, and what a warehouse's owner must still grant."""

import json


def test_the_names_of_everything_an_operator_asks_for_are_outputs(stack):
    assert {"CandidatesTable", "CustomersTable", "ScoreCacheTable", "RunsTable", "WorkBucket", "BatchMachine"} <= set(
        stack.template["Outputs"]
    )


def test_each_warehouses_owner_is_told_what_to_grant(stack):
    words = {name: json.dumps(it["Value"]) for name, it in stack.template["Outputs"].items() if "OwnerGrants" in name}
    [cluster] = [text for text in words.values() if "music/streams" in text]
    [serverless] = [text for text in words.values() if "music/charts" in text]
    [athena] = [text for text in words.values() if "reviews/deliveries" in text]
    assert "arn:aws:iam::123456789012:role/music-unload" in cluster
    assert "s3:PutObject" in cluster
    assert "default role" in serverless
    assert "shop-data" in athena


def test_the_stack_is_named_for_its_stage_and_prod_is_protected(stack):
    manifest = json.loads((stack.folder / "manifest.json").read_text())
    properties = manifest["artifacts"]["Solicitation"]["properties"]
    assert properties["stackName"] == "ovation-prod-solicitation"
    assert properties["terminationProtection"] is True
