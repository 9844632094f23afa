"""The estates that are planned, each made once, when a row asks for it, and served until the end."""

import shutil
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.generator import Layout
from bench.generator import write as write_estate
from bench.live import served
from bench.measuring import ENVIRONMENT, ROOT, Sample, apart, client_cores, sample, server_cores

LOAD = "import sys, yaml\nfor f in sys.argv[1:]:\n    list(yaml.load_all(open(f, 'rb').read(), yaml.CSafeLoader))"
RECONCILER = (sys.executable, "-m", "reconciler")
CACHE = Path(".reconciler/cache")
UNCHANGED, CHANGED = frozenset({0}), frozenset({2, 3})


@dataclass(frozen=True, slots=True)
class Planned:
    """One estate and the platform it is planned against; `expected` are the exit codes that its plan may have."""

    folder: Path
    files: tuple[Path, ...]
    origin: str
    expected: Collection[int]

    @property
    def megabytes(self) -> float:
        """The size of its manifests."""
        return sum(file.stat().st_size for file in self.files) / 1e6

    def plan(self, *arguments: str) -> Sample:
        """One plan, with the cache as it is."""
        command = [*RECONCILER, "plan", "--adopt", "--detailed-exitcode", "--platform", self.origin, *arguments]
        return sample(command, self.folder, cores=client_cores(), expected=self.expected)

    def cold(self) -> Sample:
        """One plan without anything remembered."""
        shutil.rmtree(self.folder / CACHE, ignore_errors=True)
        return self.plan()

    def after(self, other: "Planned") -> Sample:
        """One plan with what the last plan of `other` remembered: the first after an edit."""
        shutil.rmtree(self.folder / CACHE, ignore_errors=True)
        shutil.copytree(other.folder / CACHE, self.folder / CACHE)
        return self.plan()

    def loaded(self) -> Sample:
        """The anchor: PyYAML's C loader reads the same files, and nothing else happens."""
        command = [sys.executable, "-c", LOAD, *map(str, self.files)]
        return sample(command, self.folder, cores=client_cores())


class Estates:
    """Estates by size and by how they differ from what is live."""

    def __init__(self, scratch: Path, exits: ExitStack, say: Callable[[str], None]) -> None:
        self.scratch = scratch
        self._exits = exits
        self._say = say
        self._live: dict[int, tuple[Path, str]] = {}
        self._made: dict[tuple[int, int, Layout], Planned] = {}

    def estate(self, size: int, *, changed: int = 0, layout: Layout = Layout.WHOLE) -> Planned:
        """An applied estate of this size, `changed` objects of which have been edited since."""
        key = size, changed, layout
        if key not in self._made:
            source, origin = self._founded(size)
            # The name of its folder is that of the estate, on which what is remembered of it depends.
            folder = self.scratch / f"{size}-{changed}-{layout}" / "estate"
            apart(write_estate, folder, size, changed=changed, layout=layout)
            files = sorted(file for file in folder.rglob("*.yaml") if file.name != "reconciler.yaml")
            shutil.copytree(source / ".reconciler", folder / ".reconciler")
            self._made[key] = Planned(folder, tuple(files), origin, CHANGED if changed else UNCHANGED)
        return self._made[key]

    def _founded(self, size: int) -> tuple[Path, str]:
        if size not in self._live:
            self._say(f"making an estate of {size:,} objects")
            folder, pages = self.scratch / f"{size}-live" / "estate", self.scratch / f"{size}-live" / "pages"
            apart(write_estate, folder, size)
            sample([sys.executable, "-m", "bench.founding", str(folder), str(pages)], ROOT)
            self._live[size] = folder, self._exits.enter_context(served(pages, ENVIRONMENT, server_cores()))
        return self._live[size]
