"""The first use of the command line: exit codes, messages, and nothing hidden."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from tests.features.cli.desk import Desk, eventually
from tests.features.cli.gate import gated
from tests.features.cli.scenarios import ESTATE, SETTINGS, applied, declared, served

HOOK = """\
apiVersion: reconciler.dev/v1alpha1
kind: EventHandler
metadata: {name: fleet-hook}
spec:
  webhook:
    url: {secretRef: {env: HOOK_URL}}
    basicAuth: {username: me, password: {secretRef: {env: HOOK_PASSWORD}}}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder to work in."""
    return Desk(tmp_path / "desk")


@pytest.mark.slow
def test_rules_are_whole_in_plan_show_and_calls(desk: Desk) -> None:
    """A rule that is approved is seen: in the plan, in the saved one, and in the requests, with the same text."""
    applied(desk)
    text = "why this rule is here, at length, " * 5
    rule = f"    - {{name: mail, description: '{text.strip()}', direction: uplink, action: drop}}\n"
    desk.write("estate/fleet.yaml", (desk.folder / "estate/fleet.yaml").read_text(encoding="utf-8") + rule)
    desk.transcript.clear()

    assert desk.run("plan", "--out", "the.plan") == 0
    planned = desk.transcript.pop()
    assert desk.run("show", "the.plan") == 0
    saved = desk.transcript.pop()
    assert desk.run("show", "--calls", "the.plan") == 0
    calls = desk.transcript.pop()

    assert text.strip() in planned
    assert text.strip() in calls
    body = planned.partition("\n")[2].partition("[stderr]")[0]
    assert saved.partition("\n")[2].partition("[exit code")[0] == body


def test_findings_are_found_from_where_the_command_was_run(desk: Desk) -> None:
    """A forge shows findings in files of the repository, of which the estate is a folder."""
    desk.write("teams/one/estate.yaml", ESTATE.replace("kind: VSlice", "kind: VSlise"))

    assert desk.run("validate", "-C", "teams/one", "-o", "sarif") == 8
    out = desk.transcript.pop().partition("\n")[2].partition("[exit code")[0]
    (run,) = json.loads(out)["runs"]
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "teams/one/estate.yaml", "uriBaseId": "%SRCROOT%"}
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"uri": f"{desk.folder.as_uri()}/"}}

    assert desk.run("validate", "-C", "teams/one", "-o", "github") == 8
    assert "::error file=teams/one/estate.yaml,line=2" in desk.text()


def test_a_port_in_use_is_said_once(desk: Desk) -> None:
    """One message and exit code 64: it is no bug."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert desk.run("simulate", "--port", str(taken.getsockname()[1])) == 64

    assert desk.text().count("error:") == 1
    assert "bug" not in desk.text()


@pytest.mark.slow
def test_paths_that_cannot_be_used_are_wrong_usage(desk: Desk) -> None:
    """A plan that cannot be written or is not there is a matter of the command line (64), not of a stale plan (4)."""
    applied(desk)

    assert desk.run("plan", "--out", "nowhere/x.plan") == 64
    assert desk.run("show", "nowhere.plan") == 64
    assert desk.run("apply", "nowhere.plan", "--auto-approve") == 64


@pytest.mark.slow
def test_unlocking_what_is_not_locked_is_fine(desk: Desk) -> None:
    """There is nothing to break, and that is what was wanted."""
    applied(desk)

    assert desk.run("unlock", "--epoch", "1") == 0
    assert "The store is not locked" in desk.text()


@pytest.mark.slow
def test_history_says_who_did_what_and_how_it_ended(desk: Desk) -> None:
    """Command, exit code and counts of each run, and whom the forge names as its author."""
    applied(desk)
    assert desk.run("destroy", "--confirm", "fleet", GITHUB_ACTOR="octocat") == 0
    assert "because everything is to be destroyed" in desk.text()
    assert "no longer declared" not in desk.text()
    desk.transcript.clear()

    assert desk.run("history") == 0

    newest, oldest = desk.text().splitlines()[1:3]
    assert "destroy --allow emptied=3: exit 0, 3 done" in newest
    assert newest.endswith("by octocat")
    assert "apply: exit 0, 3 done" in oldest
    assert oldest.endswith("by somebody")


@pytest.mark.slow
def test_history_has_the_exit_code_of_a_refused_and_of_an_interrupted_run(desk: Desk) -> None:
    """The history has the exit code that the shell saw: 4 for a stale plan, 130 after Ctrl-C."""
    declared(desk)
    with served(desk) as simulator:
        desk.run("plan", "--out", "the.plan")
        with gated(simulator, "POST") as gate:
            process = desk.start("apply", "the.plan", "--auto-approve", "--parallelism", "1")
            gate.await_request()
            process.send_signal(signal.SIGINT)
            eventually(process, b"once more ends at once")
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, errors
        assert desk.run("apply", "--auto-approve") == 0
        desk.edit("estate/fleet.yaml", "Fleet", "Lorries")
        desk.run("plan", "--out", "late.plan")
        desk.edit("estate/fleet.yaml", "Lorries", "Vans")
        assert desk.run("apply", "--auto-approve") == 0
        assert desk.run("apply", "late.plan", "--auto-approve") == 4
        desk.transcript.clear()
        desk.run("history")
    ends = [line.split("  ")[1] for line in desk.text().splitlines()[1:5]]
    assert ends[0] == "apply: exit 4"
    assert ends[3].startswith("apply: exit 130, ")


@pytest.mark.slow
def test_a_run_that_still_goes_on_was_not_interrupted(desk: Desk) -> None:
    """While another apply holds the lock nobody says that it was interrupted."""
    declared(desk)
    with served(desk) as simulator:
        with gated(simulator, "POST") as gate:
            first = desk.start("apply", "--auto-approve", "--parallelism", "1")
            gate.await_request()
            assert desk.run("apply", "--auto-approve") == 6
        first.communicate(timeout=60)

    assert "was interrupted" not in desk.text()
    assert "the store is locked by" in desk.text()


def test_a_password_in_the_configuration_is_refused_in_words(desk: Desk) -> None:
    """The message says what is wrong, shows no password, and does not speak of null."""
    desk.write("reconciler.yaml", SETTINGS.replace("manifests: [estate/]", "store: 'postgresql://u:pw@host/db'"))

    assert desk.run("validate") == 8
    assert "spec.store must be an address without a password." in desk.text()
    assert "pw@" not in desk.text()


def test_an_address_without_its_path_gets_a_hint(desk: Desk) -> None:
    """The platform's API is below a path; who leaves it out is told."""
    declared(desk)
    with serve(Simulator(":memory:"), port=0) as server:
        host = server.url.removesuffix("/api/v1")
        assert desk.run("plan", "--platform", host, STACUITY_TOKEN="x") == 10

    assert "hint: check that --platform is the whole address of the API" in desk.text()


@pytest.mark.slow
def test_reading_a_part_of_the_estate_leaves_the_rest_alone(desk: Desk) -> None:
    """With --file only these manifests are considered; what they leave out goes with --prune alone, and is named."""
    applied(desk)
    desk.write("estate/other.yaml", ESTATE.split("---")[0].replace("fleet-net", "other-net").replace("64.0", "65.0"))
    desk.transcript.clear()

    assert desk.run("plan", "-f", "estate/other.yaml") == 0
    assert "Plan: 1 to add, 0 to change, 0 to replace, 0 to destroy." in desk.text()

    desk.transcript.clear()
    desk.run("plan", "-f", "estate/other.yaml", "--prune")
    assert "NEEDS CONSENT [leftOut] 3 objects would go only because the declaration was not read" in desk.text()
    assert "because it is ours, and what declares it was not read" in desk.text()

    (desk.folder / "estate/fleet.yaml").unlink()
    desk.transcript.clear()
    desk.run("plan")
    assert "3 to destroy" in desk.text()
    assert "[leftOut]" not in desk.text()


@pytest.mark.slow
def test_a_secret_that_has_another_value_is_the_reason(desk: Desk) -> None:
    """The manifest and the platform are as they were: only the environment changed."""
    declared(desk)
    desk.write("estate/hook.yaml", HOOK)
    assert desk.run("apply", "--auto-approve", HOOK_URL="https://hooks.example/a", HOOK_PASSWORD="one") == 0
    desk.transcript.clear()

    assert desk.run("plan", HOOK_URL="https://hooks.example/a", HOOK_PASSWORD="two") == 0
    assert "its secret has another value" in desk.text()
    assert "changed on the platform" not in desk.text()


@pytest.mark.slow
def test_adopting_says_what_it_does(desk: Desk) -> None:
    """The objects become ours by this very plan, not by a later one."""
    applied(desk)
    (desk.folder / ".reconciler/state.db").unlink()
    desk.transcript.clear()

    assert desk.run("adopt", "VSlice/fleet-net", "--auto-approve") == 0
    assert "next apply" not in desk.text()


@pytest.mark.slow
def test_a_refused_plan_does_not_end_with_no_changes(desk: Desk) -> None:
    """An object that exists and is not ours refuses the plan; the totals say so."""
    applied(desk)
    (desk.folder / ".reconciler/state.db").unlink()
    desk.transcript.clear()

    assert desk.run("plan") == 3
    assert "No changes" not in desk.text()


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("plan",), ("validate",), ("drift",)])
def test_colour_is_kept_in_a_pipe_when_asked_for(desk: Desk, arguments: tuple[str, ...]) -> None:
    """--color always means always."""
    applied(desk)
    desk.edit("estate/fleet.yaml", '"443"', '"8443"' if arguments != ("validate",) else '"x"')
    desk.transcript.clear()

    desk.run(*arguments, "--color", "always")

    assert ("\x1b[" in desk.text()) is (arguments != ("drift",))


@pytest.mark.slow
def test_secrets_that_are_missing_are_all_named_before_anything_is_sent(desk: Desk) -> None:
    """An apply does not end half way because of a variable: exit 8, both are named, and nothing was created."""
    declared(desk)
    desk.write("estate/hook.yaml", HOOK)

    assert desk.run("apply", "--auto-approve") == 8

    assert (
        "2 secrets that are needed are not available: env HOOK_URL (EventHandler/fleet-hook), env HOOK" in desk.text()
    )
    assert desk.run("plan", "--detailed-exitcode") == 2
    assert "4 to add" in desk.text()


@contextmanager
def _between_making_and_knowing(desk: Desk, simulator: Simulator) -> "Iterator[subprocess.Popen[bytes]]":
    """An apply whose first object is on the platform, while what it reads of it to be sure is kept from it."""
    # The first one looks whether the object is there before it is made.
    with gated(simulator, "GET", "vslices/.", only=2) as gate:
        process = desk.start("apply", "--auto-approve", "--parallelism", "1")
        gate.await_request()
        assert "fleet-net" in str(simulator.dump())
        yield process


@pytest.mark.slow
def test_a_plan_beside_a_running_apply_knows_what_that_run_makes(desk: Desk) -> None:
    """The run's own intent says whose the new object is: nothing is refused, and the plan says that an apply works."""
    declared(desk)
    with served(desk) as simulator:
        with _between_making_and_knowing(desk, simulator) as first:
            code = desk.run("plan")
        first.communicate(timeout=60)
        beside = desk.transcript.pop()
        assert desk.run("plan", "--detailed-exitcode") == 0

    assert (code, "REFUSED" in beside) == (0, False)
    assert "an apply is at work" in beside


@pytest.mark.slow
def test_a_plan_after_a_killed_apply_knows_what_that_run_made(desk: Desk) -> None:
    """The object that the killed run created is ours by its intent; the plan says how to find out the rest."""
    declared(desk)
    with served(desk) as simulator:
        with _between_making_and_knowing(desk, simulator) as first:
            first.kill()
            first.communicate(timeout=60)
        assert desk.run("plan") == 0

    assert "is running" not in desk.text()
    assert "reconciler recover" in desk.text()
