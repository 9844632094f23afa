"""
A synthetic estate, a pure function of its size.

VSlices n/500, routing policies n/10 with four rules, groups n/5, the rest targets. About twenty lines of block YAML an
object; a file stays below 4 MB.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

LARGEST_FILE = 4_000_000
FILES_IN_A_FOLDER = 200
_HEAD = """\
apiVersion: reconciler.dev/v1alpha1
kind: {kind}
metadata:
  name: {name}
  labels:
    division: fleet
    index: "{index}"
spec:
  displayName: {kind} {index}{edited}
"""
# Guards are measured with every plan, and stop none: a benchmark changes whole estates at once.
NO_LIMITS = (
    "{terminations: off, suspensions: off, simMoves: off, simsTouched: off, policySwitch: off, deletions: off,"
    " emptied: off, leftOut: off, shrunkAccount: off, newPeers: off, sharedValues: off, widerReach: off}"
)
_ESTATE = f"""\
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {{name: bench}}
spec:
  guardrails: {NO_LIMITS}
"""


class Layout(StrEnum):
    """
    How the same objects lie in files.

    ======= ==============================================================================
    layout  files
    ======= ==============================================================================
    whole   one of many documents (a second one where it would pass 4 MB)
    single  one an object, two hundred in a folder
    kinds   one a kind (several where it would pass 4 MB)
    ======= ==============================================================================
    """

    WHOLE = "whole"
    SINGLE = "single"
    KINDS = "kinds"


class Counts(NamedTuple):
    """How many objects of each kind an estate of some size has; each slice has the same number of the others."""

    slices: int
    targets: int
    policies: int
    groups: int

    @property
    def total(self) -> int:
        """All objects."""
        return sum(self)


def counts(size: int) -> Counts:
    """The kinds of an estate of about `size` objects."""
    slices = max(1, size // 500)
    policies, groups = slices * max(1, size // 10 // slices), slices * max(1, size // 5 // slices)
    return Counts(slices, max(slices, size - slices - policies - groups), policies, groups)


def documents(size: int, *, changed: int = 0) -> Iterator[tuple[str, str]]:
    """Kind and text of each manifest; `changed` of them, spread evenly, have other values in their fields."""
    slices, targets, policies, groups = shape = counts(size)
    marks = _spread(shape.total, changed)
    for index in range(slices):
        body = (
            "  subnets:\n    - 100.64.0.0/16\n  dns:\n    mode: custom\n    servers:\n"
            f"      - 1.1.1.1\n      - {'8.8.4.4' if (edited := next(marks)) else '9.9.9.9'}\n"
        )
        yield _document("VSlice", f"slice-{index:05d}", index, body, edited=edited)
    for index in range(targets):
        body = f"  vslice: slice-{index % slices:05d}\n  redundancyZone: europe-primary\n  internet: {{}}\n"
        yield _document("RoutingTarget", f"target-{index:05d}", index, body, edited=next(marks))
    for index in range(policies):
        edited = next(marks)
        reached = [(index % slices) + slices * ((7 * index + place) % (targets // slices)) for place in range(4)]
        rules = "".join(_rule(place, target, 2000 if edited else 1000) for place, target in enumerate(reached))
        body = f"  vslice: slice-{index % slices:05d}\n  rules:\n{rules}"
        yield _document("RoutingPolicy", f"policy-{index:05d}", index, body, edited=edited)
    for index in range(groups):
        edited = next(marks)
        body = _group(index, shape, 900 if edited else 1800)
        yield _document("EndpointGroup", f"group-{index:05d}", index, body, edited=edited)


def _spread(size: int, changed: int) -> Iterator[bool]:
    """True `changed` times in `size`, as evenly as integers allow."""
    return ((place + 1) * changed // size > place * changed // size for place in range(size))


def _document(kind: str, name: str, index: int, body: str, *, edited: bool) -> tuple[str, str]:
    return kind, _HEAD.format(kind=kind, name=name, index=index, edited=" edited" if edited else "") + body


def _rule(place: int, target: int, port: int) -> str:
    return (
        f"    - name: rule-{place}\n      direction: uplink\n      action: forward\n      target: target-{target:05d}\n"
        f"      match:\n        destination: 10.{place}.0.0/16\n        protocol: tcp\n"
        f'        destinationPorts: "{port + place}"\n'
    )


def _group(index: int, shape: Counts, seconds: int) -> str:
    policy = (index % shape.slices) + shape.slices * ((index // shape.slices) % (shape.policies // shape.slices))
    return (
        f"  vslice: slice-{index % shape.slices:05d}\n  routingPolicy: policy-{policy:05d}\n"
        f"  regionalPolicy: existing:automatic\n  type: primary\n  subscriptionType: standard\n"
        f"  sessionInactivity:\n    seconds: {seconds}\n    action: notify\n"
    )


def write(folder: Path, size: int, *, changed: int = 0, layout: Layout = Layout.WHOLE) -> list[Path]:
    """Write an estate whose plan adopts what it declares, into a folder without manifests; its files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reconciler.yaml").write_text(_ESTATE, encoding="utf-8")
    files: dict[Path, list[str]] = {}
    lengths: dict[str, tuple[int, int]] = {}
    for number, (kind, text) in enumerate(documents(size, changed=changed)):
        if layout is Layout.SINGLE:
            files[folder / f"part-{number // FILES_IN_A_FOLDER:03d}" / f"{number:05d}.yaml"] = [text]
            continue
        stem = "part" if layout is Layout.WHOLE else kind.lower()
        part, length = lengths.get(stem, (0, 0))
        if length + len(text) > LARGEST_FILE:
            part, length = part + 1, 0
        lengths[stem] = part, length + len(text) + len("---\n")
        files.setdefault(folder / f"{stem}-{part:03d}.yaml", []).append(text)
    for path, texts in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text("---\n".join(texts), encoding="utf-8")
    return list(files)
