"""The embedded AWS starts on its own port and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.ministack import Ministack

ROOT = Path(__file__).parents[2]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(true: Callable[[], bool]) -> None:
    """A killed parent's server ends a moment after it."""
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("still not so after ten seconds")


def test_it_answers_aws_calls_and_is_gone_after_the_block():
    with Ministack() as aws:
        aws.client("sqs").create_queue(QueueName="greeting")
        assert aws.client("sqs").list_queues()["QueueUrls"]
        home = aws._home
        assert home.is_dir()
        port = aws.port
    assert not listens(port)
    assert not home.exists()


def test_two_of_them_share_nothing(ministack):
    with Ministack() as other:
        ministack.client("sqs").create_queue(QueueName="only-in-the-first")
        assert not other.client("sqs").list_queues(QueueNamePrefix="only-in-the-first").get("QueueUrls")


def test_it_listens_on_loopback_only(ministack):
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("the list of listening sockets is read from Linux's /proc")
    here = f":{ministack.port:04X}"
    addresses = {line.split()[1] for line in listening.read_text().splitlines()[1:] if line.split()[3] == "0A"}
    assert {a for a in addresses if a.endswith(here)} == {f"0100007F{here}"}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_program_that_started_it(ending):
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background starts deaf to it
        "from sandbox.ministack import Ministack\n"
        "aws = Ministack().start()\n"
        "print(aws.port, aws._home, flush=True)\n"
        "time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert child.stdout is not None
    port, home = child.stdout.readline().split()
    assert listens(int(port))
    os.kill(child.pid, ending)
    child.wait(20)
    child.stdout.close()
    eventually(lambda: not listens(int(port)))
    if ending == signal.SIGKILL:  # nobody was left to remove the folder: the next one does
        with Ministack():
            pass
    assert not Path(home).exists()


def test_its_own_timers_do_not_run() -> None:
    # A process like the server's, up to where it would listen; the real timers tick every ten seconds, too long to wait for.
    program = (
        "import threading, ministack.app; from ministack.services import eventbridge, scheduler; from sandbox import embedded;"
        "ministack.app.main = lambda: (eventbridge.start_scheduler(), scheduler.start_scheduler());"
        "embedded.main(); print(*sorted(thread.name for thread in threading.enumerate()))"
    )
    threads = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "scheduler" not in threads
    assert "MainThread" in threads
