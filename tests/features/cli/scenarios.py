"""Work of people with the command line, scenario by scenario; each says which exit codes it shows."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.environment import system
from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import Fault
from reconciler.simulator.serve import serve
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store
from tests.features.cli.desk import Desk, eventually
from tests.features.cli.gate import gated

ESTATE = """\
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {name: fleet-net}
spec: {displayName: Fleet, subnets: [100.64.0.0/16]}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata: {name: fleet-out}
spec: {vslice: fleet-net, redundancyZone: europe-primary, internet: {}}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingPolicy
metadata: {name: fleet-route}
spec:
  vslice: fleet-net
  rules:
    - name: web
      direction: uplink
      action: forward
      target: fleet-out
      match: {protocol: tcp, destinationPorts: "443"}
"""
SETTINGS = """\
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {name: fleet}
spec: {manifests: [estate/]}
"""
NO_ANSWER = Fault("status", "GET", path="vslices/.", status=503, retry_after="0", times=None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The steps, and the exit codes that must come up in them."""

    play: Callable[[Desk], None]
    codes: frozenset[int]


SCENARIOS: dict[str, Scenario] = {}


def scenario(*codes: int) -> Callable[[Callable[[Desk], None]], Callable[[Desk], None]]:
    """Register a scenario under its function's name."""

    def register(play: Callable[[Desk], None]) -> Callable[[Desk], None]:
        SCENARIOS[play.__name__] = Scenario(play, frozenset(codes))
        return play

    return register


def declared(desk: Desk) -> None:
    """The estate as files."""
    desk.write("reconciler.yaml", SETTINGS)
    desk.write("estate/fleet.yaml", ESTATE)


def applied(desk: Desk) -> None:
    """The estate, applied; not part of the transcript."""
    declared(desk)
    assert desk.run("apply", "--auto-approve") == 0, desk.transcript
    desk.transcript.clear()
    desk.remark("The estate is applied.")


@contextmanager
def served(desk: Desk, *, token: str | None = None) -> Iterator[Simulator]:
    """A platform behind HTTP that the test can disturb."""
    simulator = Simulator(token=token)
    with serve(simulator, port=0) as server:
        desk.environment |= {"STACUITY_HOST": server.url, "STACUITY_TOKEN": token or "a-token-to-try"}
        yield simulator
    simulator.close()


@scenario(0, 2)
def a_first_visit(desk: Desk) -> None:
    """From nothing to an applied estate and back."""
    desk.run("version")
    desk.run("init", "fleet")
    desk.folder /= "fleet"
    desk.run("validate")
    desk.run("graph")
    desk.run("plan", "--detailed-exitcode")
    desk.run("plan", "--out", "change.plan")
    desk.run("show", "change.plan")
    desk.run("show", "change.plan", "--calls")
    desk.run("apply", "change.plan", "--auto-approve", "--parallelism", "1")
    desk.run("plan", "--detailed-exitcode")
    desk.run("inventory", "list")
    desk.run("history")
    desk.run("destroy", "--confirm", "fleet", "--parallelism", "1")
    desk.folder = desk.folder.parent


@scenario(0, 2)
def what_others_changed(desk: Desk) -> None:
    """Drift, and what becomes of it."""
    applied(desk)
    desk.run("drift")
    desk.remark("Somebody renames the VSlice in the portal.")
    simulator = Simulator(desk.folder / ".reconciler" / "platform.db")
    simulator.database.execute("SELECT 1")
    from tests.conformance.client import Client, vslice

    Client(simulator).ok(
        "PUT", "/vslices/fleet-net", vslice("fleet-net", name="Lorries", subnetAddress="100.64.0.0/16")
    )
    simulator.close()
    desk.run("drift")
    desk.run("drift", "-o", "json")
    desk.run("plan")
    desk.run("inventory", "show", "VSlice/fleet-net")
    desk.run("inventory", "list", "-o", "json")


@scenario(0, 3)
def an_account_that_is_there_already(desk: Desk) -> None:
    """An object that exists is refused until it is adopted, and can be written down."""
    applied(desk)
    desk.remark("The store is lost.")
    for file in (desk.folder / ".reconciler").glob("state.db*"):
        file.unlink()
    desk.run("plan")
    desk.run("apply", "--auto-approve")
    desk.run("adopt", "VSlice/fleet-net", "RoutingTarget/fleet-out", "RoutingPolicy/fleet-route", "--auto-approve")
    desk.run("plan", "--detailed-exitcode")
    desk.run("export", "copy")
    desk.run("export", "copy")


@scenario(4)
def a_plan_that_is_no_longer_true(desk: Desk) -> None:
    """Altered, for elsewhere, not the approved one, or overtaken."""
    applied(desk)
    desk.edit("estate/fleet.yaml", '"443"', '"8443"')
    desk.run("plan", "--out", "change.plan")
    text = (desk.folder / "change.plan").read_text(encoding="utf-8")
    desk.write("altered.plan", text.replace('"8443"', '"8444"'))
    desk.run("show", "altered.plan")
    desk.run("apply", "altered.plan", "--auto-approve")
    desk.run("apply", "change.plan", "--expect", f"sha256:{'0' * 64}")
    desk.remark("The same rule is edited and applied by somebody else.")
    desk.edit("estate/fleet.yaml", '"8443"', '"9443"')
    assert desk.run("apply", "--auto-approve") == 0
    desk.transcript.pop()
    desk.run("apply", "change.plan", "--auto-approve")
    with served(desk):
        desk.run("apply", "change.plan", "--auto-approve")
    desk.write("empty.plan", "")
    desk.run("show", "empty.plan")


@scenario(0, 5)
def a_change_that_is_refused(desk: Desk) -> None:
    """Applied in part, then wholly."""
    declared(desk)
    with served(desk) as platform:
        platform.faults.script([Fault("refuse", "POST", path="routingtargets")])
        desk.run("apply", "--auto-approve", "--parallelism", "1")
        desk.run("history")
        desk.run("apply", "--auto-approve", "--parallelism", "1")


@scenario(0, 6)
def a_lock_that_is_held(desk: Desk) -> None:
    """Somebody else is applying."""
    applied(desk)
    desk.edit("estate/fleet.yaml", '"443"', '"8443"')
    with Store.open(
        StoreLocation.parse("sqlite:.reconciler/state.db", desk.folder),
        estate="fleet",
        create=False,
        environment=system(),
    ) as store:
        epoch = store.acquire("another-run")
        desk.run("apply", "--auto-approve")
        desk.run("unlock", "--epoch", str(epoch.number + 7))
        desk.run("unlock", "--epoch", str(epoch.number))


@scenario(0, 7)
def an_answer_that_never_came(desk: Desk) -> None:
    """The outcome of a request is unknown; the next run finds out."""
    declared(desk)
    with served(desk) as platform:
        platform.faults.script([Fault("drop", "POST", path="vslices", executed="before"), NO_ANSWER])
        desk.run("apply", "--auto-approve", "--parallelism", "1")
        platform.faults.clear()
        desk.run("apply", "--auto-approve", "--parallelism", "1")


@scenario(8)
def manifests_with_mistakes(desk: Desk) -> None:
    """Every mistake with its place, in every format."""
    declared(desk)
    desk.edit("estate/fleet.yaml", "target: fleet-out", "target: fleet-uot")
    desk.edit("estate/fleet.yaml", "displayName", "displayname")
    desk.run("validate")
    desk.run("validate", "-o", "json")
    desk.run("validate", "-o", "github")
    desk.run("validate", "-o", "sarif", lines=4)
    desk.run("plan")
    desk.run("apply", "--auto-approve")
    desk.run("validate", "-f", "nothing.yaml")
    desk.write("reconciler.yaml", "kind: Estate\n")
    desk.run("validate")


@scenario(9)
def a_token_that_is_not_accepted(desk: Desk) -> None:
    """Refused by the platform."""
    declared(desk)
    with served(desk, token="the-right-token-of-the-account"):
        desk.run("plan", STACUITY_TOKEN="another-token")
        desk.run("doctor", STACUITY_TOKEN="another-token")
        desk.run("probe", STACUITY_TOKEN="another-token")


@scenario(0, 10)
def a_platform_in_trouble(desk: Desk) -> None:
    """Answers that make no sense, and a look at the healthy one."""
    declared(desk)
    with served(desk) as platform:
        platform.faults.script([Fault("status", status=400, executed="never", times=None)])
        desk.run("plan")
        platform.faults.clear()
        desk.run("doctor")
        desk.run("probe", lines=6)


@scenario(0, 8, 64)
def a_look_at_the_account(desk: Desk) -> None:
    """The lists of the platform, and a value that is in none of them."""
    declared(desk)
    desk.run("catalogue")
    desk.run("catalogue", "gateways")
    desk.run("catalogue", "operators", "gbr", "-o", "csv")
    desk.run("catalogue", "gatways")
    desk.run("fmt", "--check")
    desk.run("workspace", "list")
    desk.run("-chdir=.", "state", "list")
    desk.run("get")
    desk.run("get", "policies")
    desk.run("get", "targets", "-o", "csv")
    desk.run("describe", "VSlice/fleet-net")
    desk.edit("estate/fleet.yaml", "redundancyZone: europe-primary", "redundancyZone: europe")
    desk.run("validate")
    desk.run("plan")


@scenario(0, 64)
def a_report_for_a_pull_request(desk: Desk) -> None:
    """A plan as a comment and as the status of a commit, and a file that is no report."""
    declared(desk)
    desk.run("plan", "--report", "status=-", "--report", "markdown=plan.md")
    desk.run("plan", "--report", "word=plan.doc")
    desk.run("comment", "plan.md", "--forge", "github", "--repository", "acme/sims")
    desk.run("comment", "reconciler.yaml")


@scenario(11)
def a_store_that_cannot_be_used(desk: Desk) -> None:
    """Missing, or not a store."""
    declared(desk)
    desk.run("inventory", "list")
    desk.run("history")
    desk.run("unlock", "--epoch", "1")
    desk.write(".reconciler/state.db", "this is no database\n" * 100)
    desk.run("plan")
    desk.run("apply", "--auto-approve")
    desk.run("doctor")


@scenario(0, 64)
def commands_that_make_no_sense(desk: Desk) -> None:
    """Misspelt, incomplete, contradictory."""
    declared(desk)
    desk.run("pln")
    desk.run("plan", "--ouput", "x")
    desk.run("plan", "--chdir", "nowhere")
    desk.run("apply")
    desk.run("adopt", "VSlice/fleet-nett", "--auto-approve")
    desk.run("unlock")
    desk.run("destroy")
    desk.run("init")
    desk.run("explain", "VSlices")
    desk.run("explain", "VSlice.dns.mode")
    desk.run("explain", "VSlice.dnss")
    desk.run("explain")
    desk.run("schema", "VSlices")
    desk.run("schema", "VSlice", lines=5)
    desk.run("completion", "tcsh")
    desk.run("completion", "bash", lines=2)
    desk.run("simulate", "--no-serve")
    desk.environment.pop("STACUITY_HOST")
    desk.run("plan", CI="true")
    desk.run("plan", STACUITY_HOST="http://platform.example/api/v1")
    desk.run("plan", STACUITY_HOST="https://platform.example/api/v1")
    desk.run("plan", "--platform", "https://platform.example/api/v1", "--token", "t")
    desk.run("version", "--exit-codes")


@scenario(1)
def a_broken_installation(desk: Desk) -> None:
    """Something that must not happen; --debug helps on either side of the command."""
    declared(desk)
    desk.write("broken/networkx.py", "raise RuntimeError('this library is broken')\n")
    desk.environment["PYTHONPATH"] = os.pathsep.join([str(desk.folder / "broken"), desk.environment["PYTHONPATH"]])
    desk.run("graph")


@scenario(0, 74)
def an_output_that_takes_nothing(desk: Desk) -> None:
    """A full disk below stdout: said, and not mistaken for a run that failed."""
    declared(desk)
    with Path("/dev/full").open("wb") as full:
        for arguments in (("plan",), ("apply", "--auto-approve")):
            process = desk.start_into(*arguments, stdout=full.fileno())
            _, err = process.communicate(timeout=60)
            desk.note((*arguments, ">/dev/full"), b"", err, process.returncode)
    desk.run("inventory", "list")


@scenario(0, 130, 143)
def an_interruption(desk: Desk) -> None:
    """Ctrl-C, and what a pipeline sends when it is cancelled: what is in flight is finished."""
    stock = "iccid\n8988228000000000012\n8988228000000000020\n"
    desk.write("stock.csv", stock)
    desk.run("simulate", "--no-serve", "--state", "state.db", "--stock", "stock.csv")
    process = desk.start("simulate", "--port", "0")
    seen = eventually(process, b"SIMULATOR at")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    desk.note(("simulate", "--port", "0"), out, seen + err, process.returncode)

    declared(desk)
    with served(desk) as platform:
        for number in (signal.SIGINT, signal.SIGTERM):
            with gated(platform, "POST") as gate:
                process = desk.start("apply", "--auto-approve", "--parallelism", "1")
                gate.await_request()
                process.send_signal(number)
                seen = eventually(process, b"once more ends at once")
            out, err = process.communicate(timeout=60)
            desk.note(("apply", "--auto-approve", "--parallelism", "1"), out, seen + err, process.returncode)
        desk.run("apply", "--auto-approve", "--parallelism", "1")
        shutil.rmtree(desk.folder / ".reconciler")
