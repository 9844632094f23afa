"""
The floor under a plan of SIMs: `python -m bench.sims_floor (read ORIGIN | join LIVE) FOLDER`.

``read`` fetches every page with as many readers as a plan has, decodes the members that it needs, and reads the files;
nothing is compared. ``join`` is ours without a platform: the files against one file of live SIMs.
"""

import csv
import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reconciler.control_plane.listing import PAGE_SIZE, READERS
from reconciler.control_plane.sims import LiveSim, _Named, decoded
from reconciler.control_plane.transport import Transport


def read(origin: str, folder: Path) -> int:
    """Fetch, decode and read; the number of SIMs and rows that went by."""
    transport = Transport(origin, "bench")

    def page(offset: int) -> tuple[int, int | None]:
        where = f"/endpoints?limit={PAGE_SIZE}&offset={offset}"
        sims, total = decoded(transport.send("GET", where), where, known=False)
        return len(sims), total

    count, total = page(0)
    with ThreadPoolExecutor(READERS) as pool:
        count += sum(found for found, _ in pool.map(page, range(count, total or 0, PAGE_SIZE)))
    transport.close()
    for path in sorted((folder / "sims").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            count += sum(1 for _ in csv.reader(file))
    return count


def join(live: Path, folder: Path) -> int:
    """The number of SIMs that are not as the files say."""
    from reconciler.diffing.rosters import compare
    from reconciler.manifests.sim_files import read_sims
    from reconciler.model.roster import Roster, SimSet

    roster = Roster()
    for number, path in enumerate(sorted((folder / "sims").glob("*.csv"))):
        found = read_sims(path.name, path.read_bytes(), {"iccid": "iccid"}, check_digits=True, report=lambda _: None)
        roster.members.update(dict.fromkeys(found.iccids, number))
        roster.sets.append(SimSet(address=f"EndpointSet/set-{number:05d}", group=f"group-{number:05d}"))
    difference = compare(roster, _pages(live))
    return sum(len(flow.iccids) for flow in difference.flows.values()) + len(difference.missing)


def _pages(live: Path) -> Iterator[list[LiveSim]]:
    active = _Named("active")
    groups: dict[str, _Named] = {}
    page: list[LiveSim] = []
    with live.open(encoding="ascii") as file:
        for line in file:
            iccid, _, group = line.rstrip("\n").partition(",")
            named = groups.get(group)
            if named is None:
                named = groups[group] = _Named(group)
            page.append(LiveSim(iccid, active, named))
            if len(page) == PAGE_SIZE:
                yield page
                page = []
    yield page


if __name__ == "__main__":
    gc.disable()
    what, source, where = sys.argv[1:]
    sys.stdout.write(f"{read(source, Path(where)) if what == 'read' else join(Path(source), Path(where))}\n")
