"""
A synthetic estate of SIMs and its live twin, pure functions of their size.

Run as `python -m bench.sims_estate FOLDER PAGES LIVE FLEET` it writes them, FLEET being the numbers of a `Fleet`: a
process of its own, since a child reports no smaller peak of memory than its parent had.

2,000 groups with a set and a file each; sixty bytes a row. Of the live SIMs one in two hundred is in another group, one
in four hundred is missing and as many are there that nobody lists; they come in another order than in the files.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bench.generator import NO_LIMITS

PAGE = 1000
STEP, SKEW, SEED = 7919, 1.1, 20
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_HEAD = "apiVersion: reconciler.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
_CONFIGURATION = (
    "apiVersion: reconciler.dev/v1alpha1\nkind: Estate\nmetadata: {name: bench}\n"
    f"spec:\n  manifests: [estate/]\n  guardrails: {NO_LIMITS}\n"
)
_SIM = (
    '{"id":"%020d","iccid":"%d","name":"V%07d","reference":null,"tags":[],'
    '"ipAddress":null,"staticIpAddress":null,"imeiLock":null,'
    '"endpointStatus":{"moniker":"active"},"endpointGroup":{"moniker":"group-%05d"}}'
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """
    How many SIMs in how many groups.

    `skewed`, 1 or 0: the largest group holds more than a tenth of all. `spoilt` rows are wrong: a repeated SIM and a
    bad digit by turns. `shift` is how many groups further each SIM is, and `batch` how many go into one request.
    """

    sims: int
    groups: int
    skewed: int = 0
    spoilt: int = 0
    shift: int = 0
    batch: int = 500

    def group_numbers(self) -> Sequence[int]:
        """The group of each SIM."""
        if not self.skewed:
            return [(STEP * index + self.shift) % self.groups for index in range(self.sims)]
        weights = list(accumulate(1 / rank**SKEW for rank in range(1, self.groups + 1)))
        return random.Random(SEED).choices(range(self.groups), cum_weights=weights, k=self.sims)


def iccid(index: int) -> int:
    """The number of a SIM: 19 digits with a right check digit."""
    digits = f"8988228{index:011d}"
    total = sum(_DOUBLED[int(digit)] for digit in digits[::-2]) + sum(map(int, digits[-2::-2]))
    return int(digits) * 10 + -total % 10


def write_objects(folder: Path, fleet: Fleet) -> None:
    """The estate without its SIMs."""
    (folder / "estate").mkdir(parents=True, exist_ok=True)
    (folder / "reconciler.yaml").write_text(_CONFIGURATION, encoding="utf-8")
    documents = [
        _HEAD.format(kind="VSlice", name="fleet-net", spec="{subnets: [100.64.0.0/10]}"),
        _HEAD.format(
            kind="RoutingTarget",
            name="fleet-internet",
            spec="{vslice: fleet-net, redundancyZone: europe-primary, internet: {}}",
        ),
        _HEAD.format(
            kind="RoutingPolicy",
            name="fleet-policy",
            spec="{vslice: fleet-net, rules: [{name: all, direction: uplink, action: drop}]}",
        ),
    ]
    group = "{vslice: fleet-net, routingPolicy: fleet-policy, regionalPolicy: existing:automatic}"
    documents += [
        _HEAD.format(kind="EndpointGroup", name=f"group-{number:05d}", spec=group) for number in range(fleet.groups)
    ]
    (folder / "estate" / "objects.yaml").write_text("---\n".join(documents), encoding="utf-8")


def write_sims(folder: Path, fleet: Fleet) -> None:
    """The sets and their files."""
    numbers = fleet.group_numbers()
    rows: list[list[str]] = [["iccid,group,name,tags\n"] for _ in range(fleet.groups)]
    every = fleet.sims // fleet.spoilt if fleet.spoilt else 0
    for index, number in enumerate(numbers):
        found = iccid(index)
        if every and index % every == every - 1:
            found = iccid(index - 1) if index // every % 2 else found ^ 1
        rows[number].append(f"{found},group-{number:05d},Vehicle {index:07d},hgv;uk;eu-1\n")
    (folder / "sims").mkdir(exist_ok=True)
    for number, lines in enumerate(rows):
        (folder / "sims" / f"{number:05d}.csv").write_text("".join(lines), encoding="utf-8")
    sets = (
        _HEAD.format(kind="EndpointSet", name=f"set-{number:05d}", spec=_set(number, fleet.batch))
        for number in range(fleet.groups)
    )
    (folder / "estate" / "sets.yaml").write_text("---\n".join(sets), encoding="utf-8")


def _set(number: int, batch: int) -> str:
    return (
        f"{{group: group-{number:05d}, authority: exclusive, limits: {{batch: {batch}}},"
        f" members: [{{file: {{path: sims/{number:05d}.csv}}}}]}}"
    )


def live(fleet: Fleet) -> Iterator[tuple[int, int, int]]:
    """Every live SIM in a shuffled order: its index, its number and its group."""
    numbers = fleet.group_numbers()
    order = [index for index in range(fleet.sims) if index % 400 != 3]
    order += range(fleet.sims, fleet.sims + fleet.sims // 400)
    random.Random(SEED).shuffle(order)
    for index in order:
        group = numbers[index] if index < fleet.sims else index % fleet.groups
        yield index, iccid(index), (group + 1) % fleet.groups if index % 200 == 1 else group


def pages(fleet: Fleet) -> Iterator[bytes]:
    """The live SIMs as the platform's list answers them."""
    rows = [_SIM % (index, number, index, group) for index, number, group in live(fleet)]
    total = len(rows)
    for start in range(0, max(1, total), PAGE):
        text = ",".join(rows[start : start + PAGE])
        yield f'{{"success":true,"offset":{start},"limit":{PAGE},"totalItems":{total},"data":[{text}]}}'.encode()


def write_pages(folder: Path, fleet: Fleet) -> None:
    """The list of SIMs as files that `bench.canned` serves, in the place of any that are there."""
    for old in folder.glob("*.path"):
        if old.read_text(encoding="utf-8").startswith("/api/v1/endpoints?"):
            old.unlink()
    for number, page in enumerate(pages(fleet)):
        where = f"/api/v1/endpoints?limit={PAGE}&offset={number * PAGE}"
        (folder / f"sims-{number}.path").write_text(where, encoding="utf-8")
        (folder / f"sims-{number}.json").write_bytes(page)


def write_live_file(path: Path, fleet: Fleet) -> None:
    """The live SIMs as a file of two columns."""
    path.write_text("".join(f"{number},group-{group:05d}\n" for _, number, group in live(fleet)), encoding="utf-8")


if __name__ == "__main__":
    estate, where, twin = map(Path, sys.argv[1:4])
    chosen = Fleet(*map(int, sys.argv[4:]))
    write_sims(estate, chosen)
    write_pages(where, chosen)
    write_live_file(twin, chosen)
