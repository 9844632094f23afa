"""Work of people with a store between runs; registered beside the other scenarios."""

import re

from reconciler.environment import system
from reconciler.simulator.faults import Fault
from reconciler.store.location import StoreLocation
from reconciler.store.store import Store
from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import NO_ANSWER, SCENARIOS, applied, declared, scenario, served

__all__ = ["SCENARIOS"]


@scenario(0, 11)
def a_store_that_is_looked_after(desk: Desk) -> None:
    """Examined, copied, damaged, and put back."""
    declared(desk)
    desk.run("store", "doctor")
    desk.run("store", "backup")
    assert desk.run("apply", "--auto-approve") == 0
    desk.transcript.pop()
    desk.remark("The estate is applied.")
    desk.run("store", "doctor")
    desk.run("store", "migrate")
    desk.run("store", "migrate", "--dry-run")
    desk.run("store", "backup", "--to", "copy.db")
    desk.run("store", "backup", "--to", "copy.db")
    desk.remark("Others may read the store.")
    (desk.folder / ".reconciler").chmod(0o755)
    (desk.folder / ".reconciler" / "state.db").chmod(0o644)
    desk.run("store", "doctor")
    desk.remark("The file is overwritten.")
    desk.write(".reconciler/state.db", "this is no database\n" * 100)
    desk.run("store", "doctor")
    desk.run("store", "restore", "nowhere.db")
    desk.run("store", "restore", "copy.db")
    desk.transcript[-1] = re.sub(r"replaced-\w+", "replaced-(time)", desk.transcript[-1])
    desk.run("plan", "--detailed-exitcode")


@scenario(0, 7)
def requests_that_nobody_heard_of_again(desk: Desk) -> None:
    """An interrupted run, found out step by step."""
    applied(desk)
    desk.run("recover")
    desk.environment.pop("STACUITY_HOST")
    with served(desk) as platform:
        for file in (desk.folder / ".reconciler").glob("state.db*"):
            file.unlink()
        desk.remark("On another platform the answer to the first request is lost, and then the platform is down.")
        platform.faults.script([Fault("drop", "POST", path="vslices", executed="before"), NO_ANSWER])
        desk.run("apply", "--auto-approve", "--parallelism", "1")
        desk.run("store", "doctor")
        location = StoreLocation.parse("sqlite:.reconciler/state.db", desk.folder)
        with Store.open(location, estate="fleet", create=False, environment=system()) as store:
            epoch = store.acquire("another-run")
            desk.run("recover")
            desk.run("unlock", "--epoch", str(epoch.number))
        platform.faults.script([Fault("status", "GET", path="vslices/.", status=503, retry_after="0", times=None)])
        desk.run("recover")
        platform.faults.clear()
        desk.run("recover")
        desk.run("apply", "--auto-approve", "--parallelism", "1")
