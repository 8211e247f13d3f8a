"""The rights the stack grants against the calls the handlers make: the emulators ask for no rights, AWS does."""

import inspect
import re
from collections import defaultdict
from dataclasses import replace

import pytest
from batch_world import batch_world
from programs_in_small import REVIEWS, wire_row

from adapters.aws import athena, redshift, session
from domain.solicitation.compiled import compile_program
from handlers.solicitation import claim, complete, contacts, etl, filter, gate, score, store
from tests.infra.roles import allowed

STAGES = (etl, gate, filter, score, store, contacts, complete)
ENTRY_VERBS = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}
ELSEWHERE = {"logs", "xray"}  # the runtime's own
MISSING_FILES = (
    "s3:ListBucket",
    "Work",
)  # granted to all: without it S3 answers 403 for a file that is not there (yet)
RENAMED = {"ListObjectsV2": "ListBucket"}


class Calls:
    """(verb, resource) pairs by stage, as IAM would be asked for them."""

    def __init__(self):
        self.by_stage = defaultdict(set)
        self.stage = None

    def during(self, stage, verb):
        def noted(*args, **kwargs):
            self.stage = stage
            try:
                return verb(*args, **kwargs)
            finally:
                self.stage = None

        return noted

    def note(self, params, model, **_):
        if self.stage:
            self.by_stage[self.stage] |= set(asked(model.service_model.service_name, model.name, params))


def asked(service, operation, params):
    if service == "dynamodb":
        yield from asked_of_tables(operation, params)
    elif service == "s3":
        where = f"Work/{params['Key'].partition('/')[0]}/*" if "Key" in params else "Work"
        yield f"s3:{RENAMED.get(operation, operation)}", where
    elif service == "stepfunctions":
        yield f"states:{operation}", "states:execution:BatchMachine:*"
    elif service == "events":
        yield f"events:{operation}", f"events:event-bus/{params['Entries'][0]['EventBusName']}"
    else:
        yield f"sagemaker:{operation}", f"sagemaker:{'endpoint' if 'EndpointName' in params else 'feature-group'}"


def asked_of_tables(operation, params):
    if operation == "TransactWriteItems":
        for entry in params["TransactItems"]:
            [(kind, request)] = entry.items()
            yield f"dynamodb:{ENTRY_VERBS[kind]}", request["TableName"]
    elif "RequestItems" in params:
        yield from ((f"dynamodb:{operation}", table) for table in params["RequestItems"])
    else:
        yield f"dynamodb:{operation}", params["TableName"]


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Runs that walk each stage's ways: first, stopped and taken over, repeated with other rows and fewer channels."""
    found = Calls()
    program = replace(REVIEWS, channels=(REVIEWS.channels[0], replace(REVIEWS.channels[0], id="voice")))
    folder = tmp_path_factory.mktemp("programs")
    with pytest.MonkeyPatch.context() as patch, batch_world(folder, program) as world:
        patch.setattr(claim, "claim", found.during("claim", claim.claim))
        for stage in STAGES:
            patch.setattr(stage, "handler", found.during(stage.__name__.rpartition(".")[2], stage.handler))
        session.session().events.register("provide-client-params", found.note)
        walk(world, folder, program)
    return found.by_stage


def walk(world, folder, program):
    people = [{"customer": "c7", "email": "c7@example.com"}]
    world.start()
    world.stop()  # so that the next start takes the run over
    world.run([wire_row(customer="c7", subject="p1")], people)
    [kept] = world.files.keys("programs/")
    world.start(programHash=kept.removeprefix("programs/").removesuffix(".json"))
    fewer = replace(program, channels=program.channels[:1])
    (folder / f"{program.id}.json").write_bytes(compile_program(fewer))
    world.run([wire_row(customer="c7", subject="p1", subjectname="Renamed")], people, rerun=True)


def granted(stack, stage):
    pairs = {(verb, nameless(place)) for verb, place in allowed(stack, stage.capitalize())}
    return {pair for pair in pairs if pair[0].partition(":")[0] not in ELSEWHERE} - {MISSING_FILES}


def nameless(place):
    """The models of this small program have other names than those of the stack."""
    return place.partition("/")[0] if place.startswith("sagemaker:") else place


@pytest.mark.parametrize("stage", ["claim", "etl", "gate", "filter", "score", "store", "contacts", "complete"])
def test_a_stage_is_granted_exactly_the_calls_it_makes(stack, calls, stage):
    assert {(verb, nameless(place)) for verb, place in calls[stage]} - {MISSING_FILES} == granted(stack, stage)


@pytest.mark.parametrize(
    ("engine", "client", "module"), [("athena", "athena", athena), ("redshift-data", "data", redshift)]
)
def test_extract_is_granted_the_warehouse_calls_that_its_adapter_makes(stack, engine, client, module):
    """From the source: which of them a statement needs depends on how it ends."""
    calls = re.findall(rf"self\.{client}\.(\w+)\(", inspect.getsource(module))
    verbs = {f"{engine}:{''.join(word.capitalize() for word in call.split('_'))}" for call in calls}
    assert verbs
    assert verbs == {verb for verb, _ in allowed(stack, "Extract") if verb.startswith(f"{engine}:")}
