"""
Measure the gates of a plan as ratios in one run: `python -m bench [--objects N]`.

Rows are numbered as in the budget (performance 4a). Pairs are interleaved, every process is fresh, the verdict is on
the median. Exit code 1 when a gate fails.
"""

import argparse
import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.generator import write
from bench.live import live_pages

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "CI"}} | {
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(ROOT),
    "STACUITY_TOKEN": "bench",
}
LOAD = "import sys, yaml\nfor f in sys.argv[1:]:\n    list(yaml.load_all(open(f, 'rb').read(), yaml.CSafeLoader))"
UNWANTED = "deepdiff jsonschema polars aiohttp jinja2 cel rich sqlalchemy networkx"


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of one fresh process, which must succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"exit {process.returncode}: {' '.join(command)}"
        raise SystemExit(message)
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def ratio(ours: Callable[[], float], anchor: Callable[[], float], pairs: int) -> float:
    """The median of interleaved ratios, after one warm-up of each."""
    ours()
    anchor()
    return statistics.median(ours() / anchor() for _ in range(pairs))


def main() -> int:
    """Measure and print; see the module."""
    options = argparse.ArgumentParser(prog="python -m bench")
    options.add_argument("--objects", type=int, default=10_000)
    options.add_argument("--pairs", type=int, default=5)
    chosen = options.parse_args()
    compileall.compile_dir(str(ROOT / "reconciler"), quiet=1)
    rows: list[tuple[str, str, float, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "estate"
        write(folder, chosen.objects)
        with live_pages(folder, Path(scratch) / "pages", ENVIRONMENT) as origin:
            rows = measured(folder, origin, chosen.pairs)
            unwanted = imported(folder, origin)
    failed = False
    for number, what, value, gate in rows:
        verdict = "ok" if value <= gate else "FAIL"
        failed = failed or value > gate
        sys.stdout.write(f"row {number:>3}  {what:<58} {value:7.2f}  gate {gate:5.2f}  {verdict}\n")
    sys.stdout.write(f"row  25  imported on a plan without changes: {unwanted or 'none of the unwanted'}\n")
    return 1 if failed or unwanted else 0


def measured(folder: Path, origin: str, pairs: int) -> list[tuple[str, str, float, float]]:
    """The rows that need only our own dependencies."""
    files = sorted(str(path) for path in folder.glob("part-*.yaml"))
    plan = [sys.executable, "-m", "reconciler", "plan", "--detailed-exitcode", "--platform", origin]
    load = [sys.executable, "-c", LOAD, *files]
    cache = folder / ".reconciler" / "cache"

    def cold() -> float:
        shutil.rmtree(cache, ignore_errors=True)
        return run(plan, folder)[0]

    def warm() -> float:
        return run(plan, folder)[0]

    def loading() -> float:
        return run(load, folder)[0]

    bare = [sys.executable, "-c", "pass"]
    rows = [
        ("4", "cold plan / CSafeLoader of the same files", ratio(cold, loading, pairs), 1.7),
        ("5", "warm plan / CSafeLoader of the same files", ratio(warm, loading, pairs), 0.65),
        ("19", "--help / python -c pass", _start("--help", bare, folder, pairs), 7.0),
        ("19", "--version / python -c pass", _start("--version", bare, folder, pairs), 7.0),
    ]
    size = sum(Path(file).stat().st_size for file in files) / 2**20
    base = run([sys.executable, "-m", "reconciler", "validate", "--chdir", str(ROOT / "examples" / "minimal")], folder)[
        1
    ]
    rows.append(("9", "peak memory above an empty plan / manifest bytes", (run(plan, folder)[1] - base) / size, 32.0))
    return rows


def _start(argument: str, bare: list[str], folder: Path, pairs: int) -> float:
    ours = [sys.executable, "-m", "reconciler", argument]
    return ratio(lambda: run(ours, folder)[0], lambda: run(bare, folder)[0], max(pairs, 9))


def imported(folder: Path, origin: str) -> str:
    """Which unwanted modules a plan without changes has imported."""
    code = (
        "import sys\nfrom reconciler.cli.main import cli\n"
        f"try:\n    cli(args=['plan', '--platform', {origin!r}])\nexcept SystemExit:\n    pass\n"
        f"sys.stderr.write(' '.join(n for n in {UNWANTED!r}.split() if n in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""


if __name__ == "__main__":
    raise SystemExit(main())
