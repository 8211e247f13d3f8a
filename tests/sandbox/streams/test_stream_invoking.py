"""Calling functions: deployed ones through the Lambda API, handlers of this process, and live in a thread."""

import io
import zipfile
from datetime import timedelta
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from stream_rig import Function

from sandbox.streams import Dispatcher, Mapping, invoke_deployed, invoke_handlers
from sandbox.timeline import WallClock

CODE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("poison")
    return {"batchItemFailures": [], "count": len(event["Records"])}
"""


@pytest.fixture(scope="module")
def deployed(ministack):
    """A function on ministack; moto runs no code without Docker."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", CODE)
    client = ministack.client("lambda")
    client.create_function(
        FunctionName="stream-reader",
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/reader",
        Handler="main.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=60,
    )
    return client


def test_a_deployed_function_answers_with_its_response(deployed):
    answer = invoke_deployed(deployed)("stream-reader", {"Records": [1, 2]})
    assert (answer.response, answer.error) == ({"batchItemFailures": [], "count": 2}, None)


def test_a_deployed_function_that_raises_is_an_error(deployed):
    answer = invoke_deployed(deployed)("stream-reader", {"fail": True})
    assert answer.response is None
    assert "poison" in answer.error


def test_a_missing_function_is_a_mistake_of_ours(deployed):
    with pytest.raises(deployed.exceptions.ResourceNotFoundException):
        invoke_deployed(deployed)("nobody", {})


def test_a_handler_gets_a_copy_and_a_context():
    event = {"Records": [{"n": 1}]}

    def handler(given, context):
        given["Records"].clear()
        return {"name": context.function_name, "arn": context.invoked_function_arn}

    answer = invoke_handlers({"reader": handler})("reader", event)
    assert event == {"Records": [{"n": 1}]}
    assert answer.response == {"name": "reader", "arn": "arn:aws:lambda:eu-west-1:000000000000:function:reader"}


def test_a_handler_that_raises_is_an_error():
    answer = invoke_handlers({"reader": lambda event, context: 1 / 0})("reader", {})
    assert "division by zero" in answer.error


def test_an_answer_that_is_not_json_is_an_error():
    answer = invoke_handlers({"reader": lambda event, context: {1, 2}})("reader", {})
    assert "set" in answer.error


def test_a_running_dispatcher_delivers_what_arrives_and_stops_when_told(kinesis):
    arn, function, stop = kinesis.kinesis(), Function(), Event()
    mapping = Mapping.from_template(
        {"EventSourceArn": arn, "FunctionName": "reader", "StartingPosition": "TRIM_HORIZON"}
    )
    dispatcher = Dispatcher([mapping], invoke_handlers({"reader": function}), kinesis.client, WallClock())
    thread = Thread(target=dispatcher.run, args=(stop, 0.01))
    thread.start()
    try:
        kinesis.put(arn, 1)
        _await(lambda: function.batches == [[1]])
        kinesis.put(arn, 2)
        _await(lambda: function.batches == [[1], [2]])
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def test_only_a_virtual_clock_can_be_drained_ahead(memory):
    memory.put(1)
    dispatcher = memory.dispatcher(Function(), MaximumBatchingWindowInSeconds=60)
    dispatcher.clock = WallClock()
    with pytest.raises(TypeError, match="virtual"):
        dispatcher.drain(ahead=timedelta(days=1))


def _await(met):
    give_up = monotonic() + 20
    while not met():
        assert monotonic() < give_up, "it never came"
        sleep(0.01)
