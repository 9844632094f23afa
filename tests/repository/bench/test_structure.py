"""The gates of a plan that need no clock: what it asks, what it explains, and what its file weighs."""

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.founding import found
from bench.generator import counts, write
from bench.live import PAGE, served
from bench.measuring import ENVIRONMENT
from reconciler.cli.main import cli
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.environment import system
from reconciler.kinds import object_kinds
from reconciler.plan.planfile import load

SMALL, LARGE = 500, 1500

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Platform:
    """An applied estate, the pages of its platform, and where these are served."""

    source: Path
    pages: Path
    origin: str

    def plan(self, folder: Path, size: int, changed: int) -> Path:
        """Plan the estate with `changed` objects edited; the plan file."""
        write(folder, size, changed=changed)
        shutil.copytree(self.source / ".reconciler", folder / ".reconciler")
        arguments = ["plan", "--chdir", str(folder), "--platform", self.origin, "--out", str(folder / "plan.json")]
        # A plan of many changes is refused by a guard, and written all the same.
        result = CliRunner().invoke(cli, arguments, env={"STACUITY_TOKEN": "t"})
        assert result.exit_code in {0, 3}, result.output
        return folder / "plan.json"


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Platform]]:
    """Applied estates by size."""
    made = {}
    folder = tmp_path_factory.mktemp("live")
    for size in (SMALL, LARGE):
        write(folder / f"{size}" / "estate", size)
        assert found(folder / f"{size}" / "estate", folder / f"{size}-pages") == counts(size).total
    with (
        served(folder / f"{SMALL}-pages", ENVIRONMENT) as small,
        served(folder / f"{LARGE}-pages", ENVIRONMENT) as large,
    ):
        for size, origin in ((SMALL, small), (LARGE, large)):
            made[size] = Platform(folder / f"{size}" / "estate", folder / f"{size}-pages", origin)
        yield made


def test_a_founded_estate_has_nothing_to_change(platforms: dict[int, Platform], tmp_path: Path) -> None:
    """An estate that the benchmarks call applied is applied: the plan of it changes nothing."""
    plan, _ = load(platforms[LARGE].plan(tmp_path / "estate", LARGE, 0))
    assert (plan.changes, plan.drift, plan.unchanged) == ((), (), LARGE)


def test_a_snapshot_asks_for_each_page_once(platforms: dict[int, Platform]) -> None:
    """Reading the platform takes one request for each page of each list, and none for an object of the estate."""
    folder = platforms[LARGE].pages
    pages = {path.read_text(encoding="utf-8"): path.with_suffix(".json").read_bytes() for path in folder.glob("*.path")}
    asked = []

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        path = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}".removesuffix("?")
        asked.append((environ["REQUEST_METHOD"], path))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [pages[path]]

    environment = system()
    transport = Transport(IN_PROCESS_ORIGIN, "t", wsgi=wsgi)
    try:
        snapshot = RestControlPlane(
            transport, digest=str, resolve=str, sleep=environment.sleep, jitter=environment.jitter
        ).snapshot()
    finally:
        transport.close()
    live = {name: sum(1 for address in snapshot.by_address if address.kind == name) for name in object_kinds()}
    assert live["RoutingTarget"] > PAGE
    assert {method for method, _ in asked} == {"GET"}
    assert len(asked) == len(set(asked))
    lists = [path for _, path in asked if "?" in path]
    assert len(lists) == sum(max(1, math.ceil(count / PAGE)) for count in live.values())
    # The entries of policies that the platform came with are not told with them.
    assert {path.split("/")[3] for _, path in asked if path not in lists} <= {"OperatorPolicies", "RegionalPolicies"}
    assert len(asked) - len(lists) == live["RegionalPolicy"]


def test_deepdiff_is_asked_about_nested_values_that_differ_only(
    platforms: dict[int, Platform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DeepDiff is never asked when nothing differs, and at most once for each field that does."""
    import deepdiff

    asked = []
    real = deepdiff.DeepDiff.__init__

    def counted(self: deepdiff.DeepDiff, *arguments: Any, **options: Any) -> None:
        if not options.get("_parameters"):
            asked.append(arguments[:2])
        real(self, *arguments, **options)

    monkeypatch.setattr(deepdiff.DeepDiff, "__init__", counted)
    platforms[SMALL].plan(tmp_path / "same", SMALL, 0)
    assert asked == []
    plan, _ = load(platforms[SMALL].plan(tmp_path / "edited", SMALL, 50))
    assert len(asked) <= sum(len(change.fields) for change in plan.changes)


def test_the_bytes_of_a_plan_grow_with_its_changes(platforms: dict[int, Platform], tmp_path: Path) -> None:
    """Each further change takes as many bytes as those before it, within what its own content varies."""
    sizes = {
        changed: platforms[LARGE].plan(tmp_path / str(changed), LARGE, changed).stat().st_size
        for changed in (50, 100, 200)
    }
    assert (sizes[200] - sizes[100]) / (sizes[100] - sizes[50]) == pytest.approx(2, rel=0.1)


def test_the_bytes_of_a_plan_do_not_grow_with_what_stays(platforms: dict[int, Platform], tmp_path: Path) -> None:
    """Three times as many objects that stay as they are add next to nothing to the file."""
    few, many = (platforms[size].plan(tmp_path / str(size), size, 0).stat().st_size for size in (SMALL, LARGE))
    assert abs(many - few) < 16
