"""A disk that is full, or fails, at one write or sync of an apply."""

import argparse
import dataclasses
import errno
import itertools
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests import oracles
from tests.robustness.kills.launcher import Launcher
from tests.robustness.kills.sweep import APPLY, Sweep, spread
from tests.robustness.kills.tracing import _POKEUSER, CHANGES_A_FILE, Call, _ptrace, traced

_STORIES = ("change", "first")

STORE_EXIT, OUTPUT_EXIT = 11, 74
ERRORS = {"full": errno.ENOSPC, "failing": errno.EIO}
SHORT = "short"
FAULTS = (*ERRORS, SHORT)
"""The faults of the disk: no space from then on, errors from then on, or half of a write and then no space."""
_WRITES = frozenset({"write", "pwrite64"})
_RDX = 12 * 8


@dataclass(frozen=True, slots=True)
class Failed:
    """
    A failing call and its outcome: its number among such calls, name, file, exit code, and every broken promise.

    `story` and `fault` are what it takes to see it again.
    """

    number: int
    call: str
    file: str
    exit_code: int | None
    failures: tuple[str, ...]
    story: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class DiskPoint:
    """
    One write or sync of the store's files in a story, by its number; the call, and which sort of file it is for.

    `is_closing`: it moves what is durable already from the log into the file, so that its failure loses nothing.
    """

    story: str
    number: int
    call: str
    file: str
    is_closing: bool = False

    @property
    def sort(self) -> tuple[str, str]:
        """Points of one sort are handled by the same lines of SQLite."""
        return self.call, self.file

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults that can happen there."""
        return FAULTS if self.call in _WRITES else tuple(ERRORS)


def _is_store(call: Call) -> bool:
    return call.name in CHANGES_A_FILE and Path(call.file).name.startswith("state.db")


def points_of(sweep: Sweep, story: str) -> list[DiskPoint]:
    """The writes and syncs of the store's files that an undisturbed run makes."""
    sweep.restored(story)
    found: list[DiskPoint] = []

    def judge(call: Call) -> None:
        if _is_store(call):
            file = re.sub(r"-[0-9]+", "", Path(call.file).name)
            found.append(DiskPoint(story, len(found) + 1, call.name, file))

    traced(sweep.launcher.command(*APPLY), judge)
    return [
        replace(point, is_closing="state.db" in (point.file, *(other.file for other in found[number:][:1])))
        for number, point in enumerate(found, start=1)
    ]


def some_of(points: Sequence[DiskPoint], count: int, generator: random.Random) -> list[DiskPoint]:
    """One point of every sort, then others until there are `count`, evenly spread; in order."""
    sorts: dict[tuple[str, str], list[DiskPoint]] = {}
    for point in points:
        sorts.setdefault(point.sort, []).append(point)
    chosen = {generator.choice(found) for found in sorts.values()}
    if count > len(chosen):
        chosen |= {points[number - 1] for number in spread(len(points), count - len(chosen), generator)}
    return sorted(chosen, key=lambda point: point.number)


def _shorten(call: Call) -> None:
    """Let a write that is about to be made write half."""
    parts = Path(f"/proc/{call.process}/task/{call.thread}/syscall").read_text(encoding="ascii").split()
    _ptrace(_POKEUSER, call.thread, _RDX, int(parts[3], 16) // 2)


def disturbed(sweep: Sweep, point: DiskPoint, fault: str) -> Failed:
    """
    From this write of the store on, every write of its files fails, as on a disk that stays full.

    Right afterwards the store has to be whole; with the disk mended, the next run has to finish.
    """
    story, number = point.story, point.number
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
            if fault == SHORT and call.name in _WRITES:
                _shorten(call)
                return None
        return ERRORS.get(fault, errno.ENOSPC)

    ended = traced(sweep.launcher.command(*APPLY), judge)
    if not seen:
        return Failed(number, "", "", ended.exit_code, (), story, fault)
    world = sweep.platform.world()
    expected = {STORE_EXIT, 0} if point.is_closing else {STORE_EXIT}
    failures = [] if ended.exit_code in expected else [f"exit code {ended.exit_code}: {sweep.launcher.said()}"]
    failures += _at_once(sweep, int(sent_after[0]), len(list(world.mutations())))
    failures += oracles.orphaned(begun.begun, world, sweep.store.read())
    failures += sweep.recovered(begun)
    return Failed(number, *seen[0], ended.exit_code, tuple(failures), story, fault)


def _at_once(sweep: Sweep, before: int, after: int) -> Iterator[str]:
    # The request that was under way when the write failed is the only one that may still arrive.
    if after > before:
        yield f"{after - before} requests were sent after the store had failed"
    yield from oracles.damaged(sweep.store.read())


_BEYOND_ALL_WRITES = 1_000_000


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
    # Only an earlier plan may be replaced.
    plan_file(sweep.launcher, _BEYOND_ALL_WRITES, 0)
    earlier = kept.read_bytes()
    for name, error in ERRORS.items():
        for number in itertools.count(1):
            kept.write_bytes(earlier)
            code, call = plan_file(sweep.launcher, number, error)
            if not call:
                break
            failures = [] if code == OUTPUT_EXIT else [f"exit code {code}"]
            failures += [] if kept.read_bytes() == earlier else ["the plan that was there is gone"]
            failures += [f"left: {path.name}" for path in sweep.root.glob("*.part")]
            yield Failed(number, call, kept.name, code, tuple(failures), "plan file", name)
    kept.unlink()


def main() -> int:
    """Try points, and write a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--story", choices=_STORIES, help="some points of this story; else all of every story")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--part", type=int, default=0, help="which of `--parts` equal parts")
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--plan-file", action="store_true")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="reconciler-disks-") as folder:
        sweep = Sweep.over(Path(folder), None)
        try:
            for found in plan_files(sweep) if options.plan_file else _tried(sweep, options):
                sys.stdout.write(json.dumps(dataclasses.asdict(found)) + "\n")
                sys.stdout.flush()
                if time.monotonic() > deadline:
                    break
        finally:
            sweep.close()
    return 0


def _tried(sweep: Sweep, options: argparse.Namespace) -> Iterator[Failed]:
    """Some points of a story, whose faults take turns; or every fault at every point, in a random order."""
    generator = random.Random(options.seed)
    if options.story:
        chosen = some_of(points_of(sweep, options.story), options.count, generator)
        pairs = [(point, point.faults[number % len(point.faults)]) for number, point in enumerate(chosen)]
    else:
        every = [point for story in _STORIES for point in points_of(sweep, story)]
        pairs = [(point, fault) for point in every for fault in point.faults]
        generator.shuffle(pairs)
        pairs = pairs[options.part :: options.parts]
        sys.stdout.write(json.dumps({"pairs": len(pairs)}) + "\n")
    for point, fault in pairs:
        yield disturbed(sweep, point, fault)


if __name__ == "__main__":
    sys.exit(main())
