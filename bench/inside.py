"""
The rows that are measured inside one process, as JSON: `python -m bench.inside FOLDER ORIGIN PAIRS`.

Each anchor is run right after what it is compared with. Loading is measured as the product does it, without the cyclic
collector; the anchors have it as they come.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import Transport
from reconciler.diffing.canonical import normal
from reconciler.environment import system, uncollected
from reconciler.kinds import kind_named
from reconciler.manifests.builder import build
from reconciler.manifests.configuration import sound_configuration
from reconciler.manifests.declarations import Built
from reconciler.manifests.yaml_reader import Document, read_documents
from reconciler.model.inventory import Inventory
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Observed, Snapshot
from reconciler.plan.comparing import compare
from reconciler.plan.plan import Basis
from reconciler.plan.planner import make_plan
from reconciler.plan.situation import Situation
from reconciler.store.location import StoreLocation
from reconciler.store.reader import read_inventory
from reconciler.validation.run import validate


def seconds(work: Callable[[], object]) -> float:
    """How long it takes; what it made is gone afterwards."""
    started = time.perf_counter()
    made = work()
    taken = time.perf_counter() - started
    del made
    return taken


def interleaved(cases: dict[str, Callable[[], object]], pairs: int) -> dict[str, list[float]]:
    """Seconds of each case in each round, after a round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for count in range(pairs + 1):
        for name, case in cases.items():
            taken = seconds(case)
            if count:
                found[name].append(taken)
    return found


class Loading:
    """The files of an estate, loaded by us and by PyYAML's C loader."""

    def __init__(self, folder: Path) -> None:
        self.contents = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob("part-*"))}
        self.documents = self.ours()

    def ours(self) -> list[Document]:
        """Read strictly, keeping what is needed to find the place of every value when it is asked for."""
        found: list[Document] = []
        with uncollected():
            for file, content in self.contents.items():
                found.extend(read_documents(file, content, _refused))
        return found

    def with_places(self) -> int:
        """Read, and then make the line and column of every value and key there is; how many values there are."""
        with uncollected():
            return sum(_place(document, (), document.data) for document in self.ours())

    def theirs(self) -> list[Any]:
        """Read without positions."""
        return [list(yaml.load_all(content, yaml.CSafeLoader)) for content in self.contents.values()]

    def built(self) -> Built:
        """Every document checked by its kind."""
        with uncollected():
            return build(self.documents)

    def validated(self) -> Built:
        """Every document checked by its kind, and all of them against each other."""
        with uncollected():
            built = self.built()
            breaches = [*built.diagnostics, *validate(built.estate)]
        if breaches:
            raise SystemExit(str(breaches[:3]))
        return built


def _refused(problem: object) -> None:
    raise SystemExit(str(problem))


def _place(document: Document, path: tuple[str | int, ...], value: object) -> int:
    document.marks.value(path)
    inner: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    return 1 + sum(_place(document, (*path, step), child) for step, child in inner)


class Diffing:
    """Equal objects, declared and live, that are compared by us and by ``==``."""

    def __init__(self, built: Built, snapshot: Snapshot, inventory: Inventory) -> None:
        self.pairs = [(resource, snapshot.by_address[address]) for address, resource in built.estate.items()]
        basis = Basis("bench", snapshot.account, inventory.lineage, inventory.serial, "", "", "bench")
        self.situation = Situation(
            built.estate, snapshot, inventory, basis, lambda *_: None, lambda _: None, adopts=True
        )
        # The same dictionaries, twice: as they would be if somebody had only to compare them.
        self.twins = [(json.loads(json.dumps(live.spec)), live.spec) for _, live in self.pairs]

    def planned(self) -> None:
        """Match, look whether all is settled, and make the plan."""
        with uncollected():
            plan = make_plan(self.situation)
        if plan.changes or plan.drift or plan.unchanged != len(self.pairs):
            raise SystemExit("a plan of equal objects is not empty")

    def normalised(self) -> None:
        """The long way, which is taken where something differs: normal forms, merged and compared."""
        with uncollected():
            if any(_differs(resource, live) for resource, live in self.pairs):
                raise SystemExit("equal objects differ")

    def equal(self) -> None:
        """Compare and nothing else."""
        if not all(declared == live for declared, live in self.twins):
            raise SystemExit("the twins differ")


def _differs(resource: Resource, live: Observed) -> bool:
    kind = kind_named(resource.address.kind)
    return compare(kind, normal(kind, resource.spec), live, digests={}, renames={}) is not None


def snapshot_of(origin: str) -> Snapshot:
    """Everything that is live."""
    environment = system()
    transport = Transport(origin, "bench")
    try:
        return RestControlPlane(
            transport, digest=str, resolve=str, sleep=environment.sleep, jitter=environment.jitter
        ).snapshot()
    finally:
        transport.close()


def main(arguments: Sequence[str]) -> None:
    """Measure, and print the seconds of every round."""
    folder, origin, pairs = Path(arguments[0]), arguments[1], int(arguments[2])
    loading = Loading(folder)
    configuration, _ = sound_configuration(folder)
    inventory = read_inventory(StoreLocation.parse("sqlite:.reconciler/state.db", folder), configuration.name)
    if inventory is None:
        raise SystemExit("the estate has no inventory")
    found = interleaved(
        {
            "load": loading.ours,
            "places": loading.with_places,
            "objects": loading.built,
            "validate": loading.validated,
            "yaml": loading.theirs,
        },
        pairs,
    )
    diffing = Diffing(loading.validated(), snapshot_of(origin), inventory)
    found |= interleaved({"plan": diffing.planned, "compare": diffing.normalised, "equal": diffing.equal}, pairs)
    json.dump({"rounds": found, "documents": len(loading.documents)}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
