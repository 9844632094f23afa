"""Ending early: signals, a store that fails, and outputs that take nothing; nothing is half-done without a word."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.features.cli.desk import Desk, eventually
from tests.features.cli.gate import SECONDS, gated
from tests.features.cli.scenarios import applied, declared, served

ONE_EVENT_SECONDS = 0.2  # Two signals of one kind count as two when there is more than a tenth between them.
ANNOUNCED = b"once more ends at once"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder to work in."""
    return Desk(tmp_path / "desk")


@contextmanager
def ignored_hangups() -> Iterator[None]:
    """A process that is started here inherits that SIGHUP is ignored, as under nohup."""
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, former)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_at_once_although_the_platform_hangs(desk: Desk, number: int, code: int) -> None:
    """It says what was done and what is under way, and how to go on; the code is that of the signal."""
    declared(desk)
    with served(desk) as platform, gated(platform, "POST") as gate:
        process = desk.start("apply", "--auto-approve", "--parallelism", "1")
        gate.await_request()
        process.send_signal(number)
        eventually(process, ANNOUNCED)
        time.sleep(ONE_EVENT_SECONDS)
        process.send_signal(number)
        # The gate is still closed: the end does not wait for the request.
        _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == code
    counted, hint = err.decode().splitlines()
    assert counted.startswith("Ended at once: 0 done, 1 under way, 2 not begun. The next run finds out the outcome")
    assert hint == "hint: go on with `reconciler recover`; every apply does the same first."


def test_a_second_signal_ends_at_once_although_nobody_reads_what_is_said(desk: Desk) -> None:
    """Last words that cannot be written do not keep the program."""
    declared(desk)
    with served(desk) as platform, gated(platform, "POST") as gate:
        ours, theirs = os.pipe()
        process = desk.start_into("apply", "--auto-approve", stderr=theirs)
        gate.await_request()
        process.send_signal(signal.SIGTERM)
        os.read(ours, 4096)
        time.sleep(ONE_EVENT_SECONDS)
        os.set_blocking(theirs, False)
        with suppress(BlockingIOError):
            while True:
                os.write(theirs, b"x" * 65536)
        os.set_blocking(theirs, True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=SECONDS) == 143
        process.communicate(timeout=SECONDS)
        os.close(ours)
        os.close(theirs)


def test_a_closed_terminal_lets_what_is_in_flight_finish(desk: Desk) -> None:
    """SIGHUP, which comes more than once then: nothing more is begun, what was begun is finished; exit 129."""
    declared(desk)
    with served(desk) as platform, gated(platform, "POST") as gate:
        process = desk.start("apply", "--auto-approve", "--parallelism", "1")
        gate.await_request()
        process.send_signal(signal.SIGHUP)
        eventually(process, ANNOUNCED)
        time.sleep(ONE_EVENT_SECONDS)
        process.send_signal(signal.SIGHUP)
        gate.open()
        out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 129
    assert b"Apply not complete: 1 done, 2 skipped." in out
    assert b"hint: nothing is lost; go on with `reconciler apply`." in err
    assert b"skipped" not in err


def test_nohup_is_respected(desk: Desk) -> None:
    """Where SIGHUP was ignored it stays so: the apply goes on to its end."""
    declared(desk)
    with served(desk) as platform, gated(platform, "POST") as gate:
        with ignored_hangups():
            process = desk.start("apply", "--auto-approve", "--parallelism", "1")
        gate.await_request()
        process.send_signal(signal.SIGHUP)
        gate.open()
        out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 0, err
    assert b"Apply complete: 3 done." in out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_plan_that_is_interrupted_says_so(desk: Desk, number: int, code: int) -> None:
    """One word, and the exit code of the signal."""
    declared(desk)
    with served(desk) as platform, gated(platform, "GET") as gate:
        process = desk.start("plan")
        gate.await_request()
        process.send_signal(number)
        gate.open()
        out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == code
    assert out == b""
    assert err.decode().split() == ["Interrupted."]


def test_a_store_that_fails_in_the_middle_leaves_a_summary_and_the_way_on(desk: Desk) -> None:
    """The summary says what was done, what is not known, the error, and one command; no hundred per cent."""
    declared(desk)
    with served(desk) as platform, gated(platform, "POST") as gate:
        process = desk.start("apply", "--auto-approve", "--parallelism", "1")
        gate.await_request()
        with closing(sqlite3.connect(desk.folder / ".reconciler/state.db", timeout=30)) as store:
            for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for event in ("INSERT", "UPDATE"):
                    store.execute(
                        f'CREATE TRIGGER full_{event}_{table} BEFORE {event} ON "{table}" '
                        "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
                    )
            store.commit()
        gate.open()
        out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 11
    assert b"Apply not complete: 0 done, 2 skipped, 1 unknown." in out
    words = err.decode().splitlines()
    assert "100 %" not in err.decode()
    assert any(word.startswith("error: ") for word in words)
    assert words[-1] == "hint: when that is mended, go on with `reconciler recover`; every apply does the same first."


@pytest.mark.slow
def test_progress_that_cannot_be_written_does_not_disturb_an_apply(desk: Desk) -> None:
    """A full disk below stderr: every change is made, and the code is that of the run."""
    declared(desk)
    with Path("/dev/full").open("wb") as full:
        process = desk.start_into("apply", "--auto-approve", stderr=full.fileno())
        out, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 0
    assert b"Apply complete: 3 done." in out
    assert desk.run("plan", "--detailed-exitcode") == 0


@pytest.mark.slow
def test_a_result_that_cannot_be_written_is_an_error_of_its_own(desk: Desk) -> None:
    """Neither a bug nor quiet: exit 74, and what the reason is."""
    applied(desk)
    with Path("/dev/full").open("wb") as full:
        process = desk.start_into("plan", stdout=full.fileno())
        _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 74
    assert err.decode().splitlines() == [
        "error: the result could not be written to standard output: No space left on device",
        "hint: check what standard output is sent to",
    ]


@pytest.mark.parametrize("arguments", [("plan",), ("apply", "--auto-approve")], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(desk: Desk, arguments: tuple[str, ...]) -> None:
    """As before `| head -1`: the rest is dropped without a word, and the command goes on to its own exit code."""
    declared(desk)
    ours, theirs = os.pipe()
    process = desk.start_into(*arguments, stdout=theirs)
    os.close(ours)
    os.close(theirs)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 0
    assert b"error" not in err
    assert desk.run("plan", "--detailed-exitcode") == (2 if arguments == ("plan",) else 0)


@pytest.mark.slow
@pytest.mark.parametrize(("closed", "code"), [("<&-", 0), ("2>&-", 0), (">&-", 74)])
def test_a_stream_that_is_closed_from_the_start_is_no_bug(desk: Desk, closed: str, code: int) -> None:
    """Without stdin and stderr a plan is made all the same; without stdout its result is missing."""
    applied(desk)
    process = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m reconciler plan {closed}'],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )

    assert process.returncode == code, process
    assert b"bug" not in process.stderr
