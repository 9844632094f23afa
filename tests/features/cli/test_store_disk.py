"""Disks that are full, end, or cannot be written, met by real processes: the store is sound, and the hints say so."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.environment import system
from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import Fault
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store
from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import ESTATE, SETTINGS, served

POLICY = """\
---
apiVersion: reconciler.dev/v1alpha1
kind: OperatorPolicy
metadata: {name: policy-NUMBER}
spec: {default: allow}
"""
COUNT = 12
LIMITED = """
import resource, runpy, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
runpy.run_module("reconciler", run_name="__main__", alter_sys=True)
"""
_MOUNTED = ["unshare", "--map-root-user", "--mount", "--propagation", "private", "sh", "-euc"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An estate with a platform to come."""
    found = Desk(tmp_path / "desk")
    found.write("estate/fleet.yaml", ESTATE)
    found.write("reconciler.yaml", SETTINGS)
    return found


@pytest.fixture
def platform(desk: Desk) -> Iterator[Simulator]:
    """The platform, on which the estate is applied once."""
    with served(desk) as simulator:
        assert desk.run("apply", "--auto-approve") == 0
        desk.write("estate/later.yaml", "".join(POLICY.replace("NUMBER", str(number)) for number in range(COUNT)))
        yield simulator


def _writes(platform: Simulator) -> int:
    return sum(row.method != "GET" for row in platform.log())


def _goes_on(desk: Desk, platform: Simulator, before: int) -> None:
    """The hint leads to a settled estate, and nothing was made twice."""
    assert desk.run("recover") == 0, desk.text()
    assert desk.run("apply", "--auto-approve") == 0, desk.text()
    assert desk.run("plan", "--detailed-exitcode") == 0, desk.text()
    assert _writes(platform) == before + COUNT


@pytest.mark.slow
@pytest.mark.parametrize("room", [40_000, 60_000, 90_000])
def test_a_file_that_may_not_grow_is_no_damaged_store(desk: Desk, platform: Simulator, room: int) -> None:
    """A limit for files makes writes fail in the middle: exit code 11, and no advice that costs the store."""
    before = _writes(platform)
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(room), "apply", "--auto-approve"],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 11, ended.stderr
    assert "disk I/O error" in ended.stderr
    assert "then run `reconciler recover`" in ended.stderr
    assert "restore" not in ended.stderr
    assert "adopt" not in ended.stderr

    _goes_on(desk, platform, before)


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*_MOUNTED, "mount -t tmpfs tmpfs /tmp"], capture_output=True, check=False, timeout=10)
    return tried.returncode == 0


def _mounted(desk: Desk, script: str) -> "subprocess.CompletedProcess[str]":
    """A script with a small disk of its own for the store, which starts with the store as it is and leaves it so."""
    whole = (
        "mkdir disk; mount -t tmpfs -o size=2m tmpfs disk; cp -a .reconciler/. disk; chmod 700 disk\n"
        "mount --move disk .reconciler\n"
        f'run() {{ {sys.executable} -m reconciler "$@" 2>&1 || echo "[$1 ended with $?]"; }}\n{script}'
    )
    return subprocess.run(
        [*_MOUNTED, whole],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@pytest.mark.slow
@pytest.mark.skipif(not _can_mount(), reason="this system lets nobody mount a disk of their own")
def test_a_disk_that_fills_up_in_the_middle_of_an_apply(desk: Desk, platform: Simulator) -> None:
    """A real small disk: the doctor says that it is full, and with room again everything goes on from there."""
    before = _writes(platform)
    ended = _mounted(
        desk,
        "dd if=/dev/zero of=.reconciler/filler bs=1k 2>/dev/null || true\n"
        "truncate -s -80k .reconciler/filler\n"
        "run apply --auto-approve\nrun store doctor\nrm .reconciler/filler\n"
        "run store doctor; run recover; run apply --auto-approve; run plan --detailed-exitcode\n",
    )
    assert ended.returncode == 0, ended.stderr
    failed, _, after = ended.stdout.partition("[apply ended with 11]")
    assert "make room on its disk, then run `reconciler recover`" in failed
    assert "restore" not in failed
    examined, _, after = after.partition("[store ended with 11]")
    assert "FAIL  space: the disk is full" in examined
    assert "warn  space: the disk is nearly full" in after
    assert "ended with" not in after
    assert "No changes." in after
    assert _writes(platform) == before + COUNT


@pytest.mark.slow
@pytest.mark.skipif(not _can_mount(), reason="this system lets nobody mount a disk of their own")
def test_a_disk_that_is_mounted_read_only_is_told(desk: Desk, platform: Simulator) -> None:
    """The doctor fails, and apply says what it is."""
    ended = _mounted(desk, "mount -o remount,ro .reconciler; run store doctor; run recover\n")
    assert ended.returncode == 0, ended.stderr
    assert "FAIL  writing: .reconciler is on a file system that is mounted read-only" in ended.stdout
    assert "[store ended with 11]" in ended.stdout
    assert "cannot be written: Read-only file system" in ended.stdout
    assert "[recover ended with 11]" in ended.stdout


@pytest.mark.slow
def test_a_killed_run_is_told_by_the_doctor(desk: Desk, platform: Simulator) -> None:
    """Its process is gone, what it sent is to be found out, and the next run does not wait for its lease."""
    platform.faults.script([Fault("latency", "POST", seconds=2, path="operatorpolic", times=None)])
    process = desk.start("apply", "--auto-approve", "--parallelism", "1")
    with Store.open(
        StoreLocation.parse("sqlite:.reconciler/state.db", desk.folder),
        estate="fleet",
        create=False,
        environment=system(),
    ) as store:
        deadline = time.monotonic() + 60
        while not store.unresolved():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    platform.faults.clear()

    assert desk.run("store", "doctor") == 0
    text = desk.transcript[-1]
    assert "but that process is gone; the next run takes over at once" in text
    assert "warn  journal: what became of " in text
    assert "fix: run `reconciler recover`" in text
    assert "under way" not in text


@pytest.mark.slow
def test_a_backup_that_is_junk_is_not_the_stores_fault(desk: Desk, platform: Simulator) -> None:
    """The message is about the backup, and the store stays as it is."""
    desk.write("junk", "this is no database\n" * 100)
    assert desk.run("store", "restore", "junk") == 11
    assert "the backup junk cannot be used: file is not a database" in desk.transcript[-1]
    assert "hint: name another backup; the store in place was left as it is" in desk.transcript[-1]
    assert desk.run("store", "doctor") == 0
