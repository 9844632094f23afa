"""Two commands that change one estate at the same time: the one that loses is told so, and takes nothing away (F17)."""

import os
import random
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.features.cli.copies import EXAMPLE, SECRETS
from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import served
from tests.postgres.server import PostgresServer

EFFORT = os.environ.get("RECONCILER_LOSERS", "")
RACES = {"sqlite": int(EFFORT or 2), "postgresql": int(EFFORT or 1)}
APPLY = ("apply", "--auto-approve", "--parallelism", "2")
ADOPT = ("adopt", "--all", "--auto-approve")
# From the start of a process to the end of its apply.
LONGEST_OFFSET = 3.0
FINE, LOCKED = 0, 6
# `adopt --all` where everything is ours already, or nothing exists yet.
NOTHING_NAMED = 64
# The POSTs of one undisturbed apply of the example: its objects and their members.
POSTS = 53


def _raced(desk: Desk, second: tuple[str, ...], offset: float) -> list[tuple[int, str]]:
    """How an apply and a second command that starts so much later ended, with what they said."""
    processes = [desk.start(*APPLY)]
    time.sleep(offset)
    processes.append(desk.start(*second))
    found = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        found.append((process.returncode, (out + err).decode()))
    return found


def _wrong(ended: list[tuple[int, str]], posts: int) -> list[str]:
    """The promises that two ends break, where so many POSTs were carried out until nothing was left to do."""
    expected = [
        code in {FINE, LOCKED} or (code == NOTHING_NAMED and "or is ours already" in said) for code, said in ended
    ]
    found = [f"exit {code}: {said}" for (code, said), is_fine in zip(ended, expected, strict=True) if not is_fine]
    found += [f"no holder: {said}" for code, said in ended if code == LOCKED and "is locked by" not in said]
    found += ["both lost"] if all(code == LOCKED for code, _ in ended) else []
    return found + ([f"{posts} POSTs"] if posts != POSTS else [])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("store", sorted(RACES))
@pytest.mark.parametrize("second", [APPLY, ADOPT], ids=["apply", "adopt"])
def test_who_loses_a_race_is_told_who_holds_the_lock(
    second: tuple[str, ...],
    store: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """At any offset, over both stores: exit 6 with the holder, or nothing left to do; and nothing is made twice."""
    chance, failures, lost = random.Random(f"{second} {store}"), [], 0
    for number in range(RACES[store]):
        offset = chance.uniform(0, LONGEST_OFFSET)
        given = {"RECONCILER_SECRETS": "*", **SECRETS}
        if store == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            given["RECONCILER_STORE"] = server.create(f"lost-{uuid.uuid4().hex}")
        desk = Desk(tmp_path / str(number), given)
        shutil.copytree(EXAMPLE, desk.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".reconciler"))
        with served(desk) as platform:
            ended = _raced(desk, second, offset)
            after = [desk.run(*command) for command in (APPLY, ("plan", "--detailed-exitcode"))]
            posts = sum(row.method == "POST" and row.status == 200 for row in platform.log())
        lost += any(code == LOCKED for code, _ in ended)
        wrong = _wrong(ended, posts) + ([f"afterwards exits {after}"] if after != [FINE, FINE] else [])
        failures += [f"race {number}, offset {offset:.2f} s: {each}" for each in wrong]
    record_property("races of two commands", RACES[store])
    record_property("races that were lost", lost)
    assert failures == []
