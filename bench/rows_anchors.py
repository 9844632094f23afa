"""Rows against programs that may not be installed: 1 to 3, 9, 10, 23 and 24. Where one is missing, that is said."""

import shutil

from bench.estates import Estates
from bench.first_apply import first_apply_of
from bench.measuring import Case, Rounds, client_cores, peak_mib, rounds
from bench.octodns import Zone, interpreter
from bench.results import Result, skipped
from bench.rows_plan import compared
from bench.terraform import Twin, terraform

_NO_TERRAFORM = "terraform is not installed; put it on the PATH, or name it with TERRAFORM"
_NO_OCTODNS = "OCTODNS_PYTHON does not name an interpreter that has octoDNS; `make bench` installs one"


def against_terraform(estates: Estates, size: int, pairs: int) -> list[Result]:
    """Rows 1, 2 and 9: plans without changes, of as many objects as Terraform has resource blocks."""
    count = f"{size:,} objects"
    rows = [
        ("1", f"cold plan / terraform plan, {count}"),
        ("2", f"warm plan / terraform plan, {count}"),
        ("9", f"peak memory / terraform's, {count}"),
    ]
    program = terraform()
    if program is None:
        return skipped(rows, _NO_TERRAFORM)
    found = _rounds(estates, program, size, pairs)
    memory = max(peak_mib(found["cold"]), peak_mib(found["warm"])) / peak_mib(found["terraform"])
    details = {name: [s.mib for s in samples] for name, samples in found.items()}
    return [
        compared(*rows[0], found, ("cold", "terraform"), gate=1 / 10),
        compared(*rows[1], found, ("warm", "terraform"), gate=1 / 25),
        Result(*rows[2], memory, 1 / 8, details=details),
    ]


def against_small_terraform(estates: Estates, size: int, pairs: int) -> list[Result]:
    """Row 3: the same with a tenth of the objects."""
    small = size // 10
    rows = [
        ("3", f"cold plan / terraform plan, {small:,} objects"),
        ("3", f"warm plan / terraform plan, {small:,} objects"),
    ]
    program = terraform()
    if program is None:
        return skipped(rows, _NO_TERRAFORM)
    found = _rounds(estates, program, small, pairs)
    return [
        compared(*rows[0], found, ("cold", "terraform"), gate=1 / 4),
        compared(*rows[1], found, ("warm", "terraform"), gate=1 / 7),
    ]


def against_octodns(estates: Estates, size: int, pairs: int) -> list[Result]:
    """Row 10: a plan without changes, for each megabyte of YAML."""
    row = ("10", f"cold plan / octoDNS plan, a MB of YAML, {size:,} each")
    python = interpreter()
    if python is None:
        return skipped([row], _NO_OCTODNS)
    folder = estates.scratch / "octodns"
    shutil.rmtree(folder, ignore_errors=True)
    zone, estate = Zone(python, folder, size), estates.estate(size)
    found = rounds({"octodns": lambda: zone.plan(client_cores()), "cold": estate.cold}, pairs)
    return [compared(*row, found, ("cold", "octodns"), gate=1 / 8, scale=zone.megabytes / estate.megabytes)]


def plan_bytes(estates: Estates, size: int, _: int) -> list[Result]:
    """Row 24: what a plan of 1 % changes takes on disk."""
    row = ("24", f"plan file / Terraform's plan JSON, 1 % of {size:,} changed")
    program = terraform()
    if program is None:
        return skipped([row], _NO_TERRAFORM)
    estate = estates.estate(size, changed=size // 100)
    estate.plan("--out", "plan.json")
    ours = (estate.folder / "plan.json").stat().st_size
    theirs = _twin(estates, program, size, changed=size // 100).plan_json_bytes()
    return [Result(*row, ours / theirs, 1 / 200, details={"oursBytes": ours, "anchorBytes": theirs})]


def first_apply(estates: Estates, size: int, _: int) -> list[Result]:
    """Row 23: everything is created, ten at a time; our platform answers after 20 ms, Terraform's at once."""
    count = size // 10
    row = ("23", f"first apply of {count:,} / Terraform's, 10 at a time")
    program = terraform()
    if program is None:
        return skipped([row], _NO_TERRAFORM)
    theirs = _twin(estates, program, count).first_apply()
    ours = first_apply_of(estates.scratch / "first" / "estate", count)
    details = {"oursSeconds": ours.wall, "anchorSeconds": theirs.wall, "cpuRatio": ours.cpu / theirs.cpu}
    return [Result(*row, ours.wall / theirs.wall, 1 / 8, details=details)]


def _twin(estates: Estates, program: str, size: int, *, changed: int = 0) -> Twin:
    folder = estates.scratch / f"terraform-{size}-{changed}"
    shutil.rmtree(folder, ignore_errors=True)
    return Twin(program, folder, size, changed=changed)


def _rounds(estates: Estates, program: str, size: int, pairs: int) -> Rounds:
    twin, estate = _twin(estates, program, size), estates.estate(size)
    cases: dict[str, Case] = {"terraform": twin.plan, "cold": estate.cold, "warm": estate.plan}
    # Terraform is warm from its init, and one plan of ten thousand blocks takes half a minute.
    return rounds(cases, pairs, first={"cold": estate.cold, "warm": estate.plan})
