"""Messages of commands about an interrupted run, and about the platform that a store belongs to."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from reconciler.store.liveness import Liveness
from tests.features.cli.copies import Copy


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """The example, applied to the embedded platform."""
    made = Copy(tmp_path / "vantiq")
    assert made.run("apply", "--auto-approve").exit_code == 0
    return made


def _undecide(copy: Copy, state: str, count: int) -> None:
    """As a kill leaves it: requests of which nobody wrote down what became of them."""
    with closing(sqlite3.connect(copy.root / ".reconciler" / "state.db")) as store, store:
        store.execute(
            "UPDATE action SET state = ? WHERE action_id IN (SELECT action_id FROM action LIMIT ?)", (state, count)
        )


@contextmanager
def _serving(life: str, port: int = 0) -> Iterator[str]:
    simulator = Simulator(token="a-token-to-try")
    simulator.begin_life(life)
    server = serve(simulator, port=port)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
        simulator.close()


@pytest.mark.parametrize(
    ("state", "count", "words"), [("intent", 1, "1 request has"), ("unknown", 2, "2 requests have")]
)
def test_a_plan_after_a_kill_says_so(copy: Copy, state: str, count: int, words: str) -> None:
    """The number of requests without an outcome, and the command that finds it out, before anything else."""
    _undecide(copy, state, count)
    result = copy.run("plan")
    assert result.exit_code == 0
    assert f"note: an apply was interrupted, and {words} no outcome yet: reconciler recover" in result.stderr


def test_a_plan_beside_an_apply_says_so(copy: Copy) -> None:
    """As long as the other process lives, nothing is to be recovered."""
    _undecide(copy, "intent", 3)
    holder = Liveness(copy.root / ".reconciler" / "state.db")
    holder.take(99)
    try:
        assert "note: 3 requests have no outcome yet: an apply is at work\n" in copy.run("plan").stderr
    finally:
        holder.close()


def test_a_plan_after_a_finished_run_says_nothing_of_it(copy: Copy) -> None:
    """Every request has its outcome."""
    assert "note:" not in copy.run("plan").stderr


def test_nothing_is_planned_for_another_platform(copy: Copy) -> None:
    """The store belongs to the platform that it was first used with (F16)."""
    with _serving("another") as url:
        result = copy.run("plan", "--platform", url)
    assert result.exit_code == 4
    assert "the store belongs to the platform" in result.stderr
    assert "check the token and --platform" in result.stderr


def test_a_first_plan_that_was_broken_off_is_applied_again(tmp_path: Path) -> None:
    """Objects that the plan made itself do not speak against it: the merge pipeline runs the approved plan again."""
    copy = Copy(tmp_path / "vantiq")
    assert copy.run("plan", "--out", "first.plan").exit_code == 0
    assert copy.run("apply", "first.plan", "--auto-approve").exit_code == 0
    with closing(sqlite3.connect(copy.root / ".reconciler" / "state.db")) as store, store:
        store.execute("UPDATE plan_ledger SET state = 'started'")

    again = copy.run("apply", "first.plan", "--auto-approve")

    assert again.exit_code == 0, again.output
    assert "already done" in again.output


def test_a_first_plan_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Made without a store, it may not be applied where another plan has made objects since."""
    copy = Copy(tmp_path / "vantiq")
    assert copy.run("plan", "--out", "first.plan").exit_code == 0
    assert copy.run("apply", "--auto-approve", "--parallelism", "2").exit_code == 0
    with closing(sqlite3.connect(copy.root / ".reconciler" / "state.db")) as store, store:
        store.execute("DELETE FROM plan_ledger")

    assert copy.run("apply", "first.plan", "--auto-approve").exit_code == 4


def test_a_platform_that_was_reset_is_planned_anew(tmp_path: Path) -> None:
    """A simulator that forgot everything gives other ids: what was ours is gone, and is made again."""
    copy = Copy(tmp_path / "vantiq")
    with _serving("one") as url:
        port = int(url.rsplit(":", 1)[1].split("/")[0])
        assert copy.run("apply", "--auto-approve", "--platform", url).exit_code == 0
    with _serving("two", port) as url:
        refused = copy.run("plan", "-o", "json", "--platform", url)
        verdicts = json.loads(refused.stdout)["verdicts"]
        counts = {verdict["guard"]: verdict["measured"] for verdict in verdicts if verdict["verdict"] == "deny"}
        assert (refused.exit_code, counts["shrunkAccount"]) == (3, 46)
        consent = [word for guard, count in counts.items() for word in ("--allow", f"{guard}={count}")]
        # A person consents at a desk; in a pipeline a waiver would.
        copy.environment["CI"] = ""
        assert copy.run("apply", "--auto-approve", "--platform", url, *consent).exit_code == 0
        assert copy.run("plan", "--detailed-exitcode", "--platform", url).exit_code == 0


@pytest.mark.slow
def test_an_embedded_platform_without_room_is_no_bug(copy: Copy) -> None:
    """Its own file cannot grow: the message says so, whatever was applied stays, and with room again apply goes on."""
    with closing(sqlite3.connect(copy.root / ".reconciler" / "platform.db")) as platform, platform:
        platform.execute("CREATE TRIGGER full BEFORE INSERT ON object BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    later = "kind: OperatorPolicy\nmetadata: {name: later}\nspec: {default: allow}\n"
    (copy.root / "estate" / "later.yaml").write_text("apiVersion: reconciler.dev/v1alpha1\n" + later, encoding="utf-8")

    refused = copy.run("apply", "--auto-approve")

    assert refused.exit_code not in {0, 1}, refused.output
    assert "the embedded platform cannot keep its state: disk is full" in refused.output
    with closing(sqlite3.connect(copy.root / ".reconciler" / "platform.db")) as platform, platform:
        platform.execute("DROP TRIGGER full")
    assert copy.run("apply", "--auto-approve").exit_code == 0
