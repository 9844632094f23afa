"""A disk that is full, or fails, at one write or sync of an apply (reliability 3, T5)."""

import argparse
import dataclasses
import errno
import itertools
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import oracles
from tests.kills.launcher import Launcher
from tests.kills.sweep import APPLY, Sweep, spread
from tests.kills.tracing import CHANGES_A_FILE, Call, traced

STORE_EXIT, USAGE_EXIT = 11, 64
ERRORS = {"full": errno.ENOSPC, "failing": errno.EIO}


@dataclass(frozen=True, slots=True)
class Failed:
    """What came of a failing call: its number among such calls, name, file, exit code, and every broken promise."""

    number: int
    call: str
    file: str
    exit_code: int | None
    failures: tuple[str, ...]


def _is_store(call: Call) -> bool:
    return call.name in CHANGES_A_FILE and Path(call.file).name.startswith("state.db")


def writes(sweep: Sweep, story: str) -> int:
    """How many writes and syncs of the store's files an undisturbed run makes."""
    sweep.restored(story)
    found = 0

    def judge(call: Call) -> None:
        nonlocal found
        found += _is_store(call)

    traced(sweep.launcher.command(*APPLY), judge)
    return found


def disturbed(sweep: Sweep, story: str, number: int, error: int) -> Failed:
    """
    From the store's `number`-th write on, every write of its files fails, as on a disk that stays full.

    Right afterwards the store has to be whole; with the disk mended, the next run has to finish.
    """
    begun = sweep.restored(story)
    seen: list[tuple[str, str]] = []
    count = 0
    sent_after: list[str] = []

    def judge(call: Call) -> int | None:
        nonlocal count
        if not _is_store(call):
            return None
        count += 1
        if count < number:
            return None
        if not seen:
            seen.append((call.name, Path(call.file).name))
            sent_after.append(str(len(list(sweep.platform.world_now().mutations()))))
        return error

    ended = traced(sweep.launcher.command(*APPLY), judge)
    if not seen:
        return Failed(number, "", "", ended.exit_code, ())
    world = sweep.platform.world()
    is_checkpoint = seen[0][1] == "state.db" and ended.exit_code == 0
    # Closing moves what is durable already from the log into the file: that this failed loses nothing.
    expected = 0 if is_checkpoint else STORE_EXIT
    failures = [] if ended.exit_code == expected else [f"exit code {ended.exit_code}: {sweep.launcher.said()}"]
    failures += _at_once(sweep, int(sent_after[0]), len(list(world.mutations())))
    failures += oracles.orphaned(begun.begun, world, sweep.store.read())
    failures += sweep.recovered(begun)
    return Failed(number, *seen[0], ended.exit_code, tuple(failures))


def _at_once(sweep: Sweep, before: int, after: int) -> Iterator[str]:
    # The request that was under way when the write failed is the only one that may still arrive.
    if after > before:
        yield f"{after - before} requests were sent after the store had failed"
    yield from oracles.damaged(sweep.store.read())


def plan_file(launcher: Launcher, number: int, error: int) -> tuple[int | None, str]:
    """`plan --out` with the `number`-th write of the plan file failing: its exit code, and the call ("": none)."""
    seen: list[str] = []

    def judge(call: Call) -> int | None:
        is_it = call.name in CHANGES_A_FILE and ".plan.json.part" in call.file
        if not is_it or len(seen) + 1 > number:
            return None
        seen.append(call.name)
        return error if len(seen) == number else None

    ended = traced(launcher.command("plan", "--out", "plan.json"), judge)
    return ended.exit_code, seen[number - 1] if len(seen) >= number else ""


def plan_files(sweep: Sweep) -> Iterator[Failed]:
    """Each write of the plan file failing, with every error: what was there before has to stay."""
    sweep.restored("change")
    kept = sweep.root / "plan.json"
    for name, error in ERRORS.items():
        for number in itertools.count(1):
            kept.write_text(name, encoding="utf-8")
            code, call = plan_file(sweep.launcher, number, error)
            if not call:
                break
            failures = [] if code == USAGE_EXIT else [f"exit code {code}"]
            failures += [] if kept.read_text(encoding="utf-8") == name else ["the plan that was there is gone"]
            failures += [f"left: {path.name}" for path in sweep.root.glob("*.part")]
            yield Failed(number, call, kept.name, code, tuple(failures))
    kept.unlink()


def main() -> int:
    """Try points, and write a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--story", default="first")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan-file", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-disks-") as folder:
        sweep = Sweep.over(Path(folder), None)
        try:
            for found in plan_files(sweep) if options.plan_file else _points(sweep, options):
                sys.stdout.write(json.dumps(dataclasses.asdict(found)) + "\n")
                sys.stdout.flush()
        finally:
            sweep.close()
    return 0


def _points(sweep: Sweep, options: argparse.Namespace) -> Iterator[Failed]:
    generator = random.Random(options.seed)
    for number in spread(writes(sweep, options.story), options.count, generator):
        for error in ERRORS.values():
            yield disturbed(sweep, options.story, number, error)


if __name__ == "__main__":
    sys.exit(main())
