"""Rows that need only our own dependencies and whole processes: 4 to 9, 19 and 25."""

import math
import shutil
import subprocess
import sys

from bench.estates import CACHE, RECONCILER, Estates
from bench.generator import Layout
from bench.measuring import (
    ENVIRONMENT,
    ROOT,
    Case,
    Rounds,
    Sample,
    client_cores,
    exponent,
    peak_mib,
    quotient,
    rounds,
    sample,
)
from bench.results import Result, skipped
from bench.terraform import terraform

SMALLEST = 10
_UNWANTED = "deepdiff jsonschema polars aiohttp rich sqlalchemy networkx rapidfuzz"
_IMPORTED = """
import sys
from reconciler.cli.main import cli
try:
    cli(args=['plan', '--adopt', '--platform', sys.argv[1]])
except SystemExit as end:
    assert not end.code, end.code
open(sys.argv[2], 'w').write(' '.join(name for name in sys.argv[3].split() if name in sys.modules))
"""

# The least number of objects that a run can be asked for.
LEAST_OBJECTS = 500


def against_loading(estates: Estates, size: int, pairs: int) -> list[Result]:
    """Rows 4, 5 and the slope of 9: a plan without changes against loading its files."""
    estate, empty = estates.estate(size), estates.estate(SMALLEST)
    found = rounds({"cold": estate.cold, "warm": estate.plan, "load": estate.loaded}, pairs)
    base = peak_mib([empty.cold()])
    slope = (peak_mib(found["cold"]) - base) * 2**20 / 1e6 / estate.megabytes
    return [
        compared("4", "cold plan / CSafeLoader of the same file", found, ("cold", "load"), gate=1.7),
        compared("5", "warm plan / CSafeLoader of the same file", found, ("warm", "load"), gate=0.65),
        Result(
            "9",
            "peak memory above an empty plan / manifest bytes",
            slope,
            32,
            details={"mib": [s.mib for s in found["cold"]], "emptyMib": base, "manifestMegabytes": estate.megabytes},
        ),
    ]


def layouts(estates: Estates, size: int, pairs: int) -> list[Result]:
    """Row 4 for the same objects in other files."""
    results = []
    named = {Layout.SINGLE: "one file an object", Layout.KINDS: "one file a kind"}
    for layout, name in named.items():
        estate = estates.estate(size, layout=layout)
        found = rounds({"cold": estate.cold, "warm": estate.plan, "load": estate.loaded}, pairs)
        results += [
            compared("4", f"cold plan / CSafeLoader, {name}", found, ("cold", "load"), gate=1.7),
            compared("5", f"warm plan / CSafeLoader, {name}", found, ("warm", "load"), gate=0.65),
        ]
    return results


def changes(estates: Estates, size: int, pairs: int) -> list[Result]:
    """
    Rows 6 and 7: plans with changes against plans without.

    With 1 % changed, warm is the first plan after the edit: what is remembered is what the unchanged estate left. With
    all changed that would be a cold plan, so warm is the second plan there.
    """
    same, some, every = (estates.estate(size, changed=changed) for changed in (0, size // 100, size))
    cases: dict[str, Case] = {
        "cold": same.cold,
        "warm": same.plan,
        "coldSome": some.cold,
        "warmSome": lambda: some.after(same),
        "coldEvery": every.cold,
        "warmEvery": every.plan,
    }
    found = rounds(cases, pairs)
    return [
        compared("6", "cold plan, 1 % changed / no change", found, ("coldSome", "cold"), gate=1.3),
        compared("6", "warm plan, 1 % just edited / no change", found, ("warmSome", "warm"), gate=1.3),
        compared("7", "cold plan, all changed / no change", found, ("coldEvery", "cold"), gate=2.0),
        compared("7", "warm plan, all changed / no change", found, ("warmEvery", "warm"), gate=2.0),
    ]


def scaling(estates: Estates, size: int, pairs: int) -> list[Result]:
    """
    Row 8: how the time of a plan grows over a tenfold size, above what an estate of few objects takes.

    Sizes are not pairs, whose noise cancels out; so the least of the rounds counts, which other load moves least.
    """
    # Below a thousand the work is lost in the noise of starting; a run of the least size is made for its rows, not for
    # its numbers.
    least = max(size // 5, 1000) if size > LEAST_OBJECTS else size // 5
    sizes = [least, round(least * 10**0.5), least * 10]
    made = {each: estates.estate(each) for each in [SMALLEST, *sizes]}
    cases: dict[str, Case] = {}
    for each, estate in made.items():
        cases |= {f"cold {each}": estate.cold, f"warm {each}": estate.plan}
    found = rounds(cases, max(3, pairs - 2))
    results = []
    for way in ("cold", "warm"):
        samples = {each: found[f"{way} {each}"] for each in made}
        value, details = _growth({each: min(s.wall for s in seen) for each, seen in samples.items()})
        of_cpu, _ = _growth({each: min(s.cpu for s in seen) for each, seen in samples.items()})
        details["cpuExponent"] = of_cpu if math.isfinite(of_cpu) else None
        what = f"exponent of a {way} plan, {sizes[0]:,} to {sizes[-1]:,} objects"
        results.append(Result("8", what, value, 1.1, details=details))
    return results


def _growth(times: dict[int, float]) -> tuple[float, dict[str, object]]:
    fixed = times.pop(SMALLEST)
    return exponent(times, fixed), {"seconds": times, "fixedSeconds": fixed}


def start(_estates: Estates, _size: int, pairs: int) -> list[Result]:
    """Row 19: what answers without working."""
    cases: dict[str, Case] = {"pass": _process(sys.executable, "-c", "pass")}
    asked = {"--help": ("--help",), "--version": ("--version",), "completion": ("completion", "bash")}
    cases |= {name: _process(*RECONCILER, *arguments) for name, arguments in asked.items()}
    program = terraform()
    if program is not None:
        cases["terraform"] = _process(program, "-help")
    found = rounds(cases, max(pairs, 15))
    results = [compared("19", f"{name} / python -c pass", found, (name, "pass"), gate=7) for name in asked]
    against = ("19", "--help / terraform -help")
    if program is None:
        return [*results, *skipped([against], "terraform is not installed")]
    return [*results, compared(*against, found, ("--help", "terraform"), gate=2)]


def imports(estates: Estates, size: int, _: int) -> list[Result]:
    """Row 25: how many libraries a plan without changes has imported that it has no use for."""
    estate, told = estates.estate(size), estates.scratch / "imported.txt"
    shutil.rmtree(estate.folder / CACHE, ignore_errors=True)
    results = []
    for way in ("cold", "warm"):
        subprocess.run(
            [sys.executable, "-c", _IMPORTED, estate.origin, str(told), _UNWANTED],
            cwd=estate.folder,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        names = told.read_text(encoding="utf-8").split()
        what = f"unwanted imports of a {way} plan without changes"
        results.append(Result("25", what, len(names), 0, note=", ".join(names)))
    return results


def _process(*command: str) -> Case:
    def measured() -> Sample:
        return sample(command, ROOT, cores=client_cores())

    return measured


def compared(row: str, what: str, found: Rounds, pair: tuple[str, str], *, gate: float, scale: float = 1) -> Result:
    """One ratio of the median round, times `scale`; next to it that of CPU seconds, which other load moves less."""
    ours, anchor = pair
    details = {
        "cpuRatio": quotient(found, ours, anchor, of="cpu") * scale,
        "oursSeconds": [s.wall for s in found[ours]],
        "anchorSeconds": [s.wall for s in found[anchor]],
    }
    return Result(row, what, quotient(found, ours, anchor) * scale, gate, details=details)
