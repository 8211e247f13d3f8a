"""A stand-in's server ends with all that hangs on it."""

import http.client
import threading
import time

from sandbox.aws_http import AwsServer, Reply, Request
from sandbox.warehouse.faults import WarehouseFaults


class Echo(AwsServer):
    def answer(self, request: Request) -> Reply:
        return Reply(request.body)


def test_a_connection_that_its_caller_keeps_open_ends_with_the_server():
    before = set(threading.enumerate())
    server = Echo(WarehouseFaults()).start()
    caller = http.client.HTTPConnection(server.endpoint.removeprefix("http://"))
    caller.request("POST", "/", b"hello")
    assert caller.getresponse().read() == b"hello"
    server.stop()
    for _ in range(100):
        if not set(threading.enumerate()) - before:
            return
        time.sleep(0.02)
    raise AssertionError(f"still there: {set(threading.enumerate()) - before}")
