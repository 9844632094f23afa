"""Runaways are refused before anything is evaluated, and the same input has the same result in every process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from reconciler.expressions.library import Expression
from tests.unit.templates.loading import loaded

SEEDS = int(os.environ.get("RECONCILER_SEEDS", "4"))
HEAD = """\
apiVersion: reconciler.dev/v1alpha1
kind: Template
metadata: {name: runaway}
spec:
  version: "1"
  parameters:
    type: object
    required: [s, many]
    properties: {s: {type: string}, many: {type: array, maxItems: 10000, items: {type: string, maxLength: 20}}}
  resources:
"""
DIVISION = """\
apiVersion: reconciler.dev/v1alpha1
kind: Division
metadata: {name: fleet}
spec: {template: {name: runaway, version: "1"}, parameters: {s: text, many: [one, two]}}
"""


def _resource(name: str, text: str, before: str = "") -> str:
    return (
        f"    - id: {name}\n{before}      template:\n        kind: VSlice\n        metadata: {{name: net-{name}-x}}\n"
        f"        spec:\n          subnets: [10.0.0.0/16]\n          displayName: {text}\n"
    )


def _doublings(count: int) -> str:
    chain = (f'"${{r{n - 1}.spec.displayName + r{n - 1}.spec.displayName}}"' for n in range(1, count + 1))
    used = _resource("used", '"${params.many.join(params.s)}"')
    return (
        HEAD + _resource("r0", '"${params.s}"') + "".join(_resource(f"r{n}", t) for n, t in enumerate(chain, 1)) + used
    )


def _conditional(depth: int, leaf: str) -> str:
    return "".join(f"params.s == 'a{n}' ? {leaf} : " for n in range(depth)) + leaf


RUNAWAYS = {
    "26 chained doublings": _doublings(26),
    "nested loops over 10,000 items": HEAD
    + _resource("r0", '"${params.many.map(a, params.many.map(b, a + b + params.s).join(a)).join(a)}"'),
    "nested forEach over 10,000 items": HEAD
    + _resource("r0", "x-${a}${b}${params.s}", '      forEach: {a: "${params.many}", b: "${params.many}"}\n').replace(
        "net-r0-x", '"net-${a}-${b}"'
    ),
    "a conditional whose branches double": HEAD
    + _resource("r0", '"${' + _conditional(28, "params.many.join(params.s)") + '}"'),
    "nesting of 33": HEAD
    + _resource("r0", '"${params.many.size() > 0 ? ' + "(" * 33 + "params.s" + ")" * 33 + " : ''}\""),
    "a source of a mebibyte": HEAD + _resource("r0", '"${' + "params.s + " * 95_000 + 'params.s}"'),
    "a source of 60 KiB": HEAD + _resource("r0", '"${' + "params.s + " * 5_000 + 'params.s}"'),
}


@contextmanager
def _counted_evaluations() -> Iterator[list[int]]:
    """The number of evaluations that begin inside, as the interpreter sees them."""
    count = [0]
    code = Expression.evaluate.__code__

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is code:
            count[0] += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield count
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_runaway_is_refused_before_anything_is_evaluated(name: str, tmp_path: Path) -> None:
    """The bound is computed from the checked expression and the limits of the schema."""
    with _counted_evaluations() as evaluations:
        found, findings = loaded(tmp_path, {"template.yaml": RUNAWAYS[name], "division.yaml": DIVISION})
    assert (evaluations, dict(found.built.estate)) == ([0], {})
    assert findings


def test_the_count_of_evaluations_counts(tmp_path: Path) -> None:
    """A sound template has evaluations, so that a count of none means something."""
    text = HEAD + _resource("r0", '"${params.s}"') + _resource("r1", '"${string(size(params.many))} more"')
    with _counted_evaluations() as evaluations:
        _, findings = loaded(tmp_path, {"template.yaml": text, "division.yaml": DIVISION})
    assert (findings, evaluations) == ([], [2])


def test_a_deep_conditional_of_constants_is_accepted(tmp_path: Path) -> None:
    """Thirty branches in each other are no runaway."""
    branches = "".join(f"params.s == 'a{n}' ? 'net {n}' : " for n in range(29)) + "'none'"
    text = HEAD + _resource("r0", '"${' + branches + '}"') + _resource("r1", '"${string(size(params.many))} more"')
    found, findings = loaded(tmp_path, {"template.yaml": text, "division.yaml": DIVISION})
    assert (findings, len(found.built.estate)) == ([], 2)


PROGRAM = """\
import sys, hashlib
from pathlib import Path
from reconciler.diagnostics import located
from reconciler.manifests.loader import load
from reconciler.manifests.templates.writing import rendered_files
found = load(Path(sys.argv[1]), keeps_documents=True)
said = [(str(one.span), one.code.id, one.detail) for one in located(found.built.diagnostics, found.built.origins)]
files = rendered_files(found.documents)
print(hashlib.sha256(repr((said, list(files.items()))).encode()).hexdigest(), len(said), len(files))
"""


def _ten_loops(mistake: str) -> str:
    loops = []
    for n in range(10):
        loop = f'      forEach: {{item{n}: "${{params.many}}"}}\n'
        text = _resource(f"r{n}", f'"${{item{n}}} ${{params.s}}{mistake}"', loop)
        loops.append(text.replace(f"net-r{n}-x", f'"net-{n}-${{item{n}}}"'))
    return HEAD.replace("10000", "100") + "".join(loops)


@pytest.mark.slow
@pytest.mark.parametrize("mistake", ["", " ${undefined}"], ids=["sound", "ten mistakes"])
def test_the_same_input_has_the_same_result_in_every_process(mistake: str, tmp_path: Path) -> None:
    """Bytes, errors and their order do not depend on the seed of hashes."""
    loaded(tmp_path, {"template.yaml": _ten_loops(mistake), "division.yaml": DIVISION})
    results = set()
    for seed in range(SEEDS):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed * 7919 + 1)}
        command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
        results.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    (result,) = results
    assert result.split()[1:] == (["0", "20"] if not mistake else ["10", "0"])


@pytest.mark.slow
def test_a_runaway_takes_no_more_than_fifty_mebibytes(tmp_path: Path) -> None:
    """Loading each of them grows a process by little more than loading a sound template does."""
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom reconciler.manifests.loader import load\n"
        "load(Path(sys.argv[1]))\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for folder in sys.argv[2:]:\n    load(Path(folder))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    loaded(tmp_path / "sound", {"template.yaml": _ten_loops(""), "division.yaml": DIVISION})
    folders = [str(tmp_path / "sound")]
    for number, text in enumerate(RUNAWAYS.values()):
        loaded(tmp_path / str(number), {"template.yaml": text, "division.yaml": DIVISION})
        folders.append(str(tmp_path / str(number)))
    done = subprocess.run([sys.executable, "-c", program, *folders], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50 * 1024
