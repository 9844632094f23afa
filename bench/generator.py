"""
A synthetic estate, a pure function of its size.

VSlices n/500, routing policies n/10 with four rules, groups n/5, the rest targets. About twenty lines of block YAML an
object; files stay below 4 MB.
"""

from collections.abc import Iterator
from pathlib import Path

LARGEST_FILE = 4_000_000
_HEAD = """\
apiVersion: reconciler.dev/v1alpha1
kind: {kind}
metadata:
  name: {name}
  labels:
    division: fleet
    index: "{index}"
spec:
"""


def documents(size: int, *, changed: int = 0) -> Iterator[str]:
    """The manifests of `size` objects; every (size / `changed`)-th group has another idle time."""
    slices = max(1, size // 500)
    policies, groups = slices * max(1, size // 10 // slices), slices * max(1, size // 5 // slices)
    targets = max(slices, size - slices - policies - groups)
    for index in range(slices):
        servers = "  dns:\n    mode: custom\n    servers:\n      - 1.1.1.1\n      - 9.9.9.9\n"
        yield _document("VSlice", f"slice-{index:05d}", index, f"  subnets:\n    - 100.64.0.0/16\n{servers}")
    for index in range(targets):
        body = f"  vslice: slice-{index % slices:05d}\n  redundancyZone: europe-primary\n  internet: {{}}\n"
        yield _document("RoutingTarget", f"target-{index:05d}", index, body)
    for index in range(policies):
        rules = "".join(
            _rule(place, (index % slices) + slices * ((7 * index + place) % (targets // slices))) for place in range(4)
        )
        yield _document(
            "RoutingPolicy", f"policy-{index:05d}", index, f"  vslice: slice-{index % slices:05d}\n  rules:\n{rules}"
        )
    every = max(1, groups // changed) if changed else 0
    for index in range(groups):
        seconds = 900 if every and index % every == 0 and index // every < changed else 1800
        yield _document("EndpointGroup", f"group-{index:05d}", index, _group(index, slices, policies, seconds))


def _document(kind: str, name: str, index: int, body: str) -> str:
    return _HEAD.format(kind=kind, name=name, index=index) + f"  displayName: {kind} {index}\n{body}"


def _rule(place: int, target: int) -> str:
    return (
        f"    - name: rule-{place}\n      direction: uplink\n      action: forward\n      target: target-{target:05d}\n"
        f"      match:\n        destination: 10.{place}.0.0/16\n        protocol: tcp\n"
        f'        destinationPorts: "{1000 + place}"\n'
    )


def _group(index: int, slices: int, policies: int, seconds: int) -> str:
    policy = (index % slices) + slices * ((index // slices) % (policies // slices))
    return (
        f"  vslice: slice-{index % slices:05d}\n  routingPolicy: policy-{policy:05d}\n"
        f"  regionalPolicy: existing:automatic\n  type: primary\n  subscriptionType: standard\n"
        f"  sessionInactivity:\n    seconds: {seconds}\n    action: notify\n"
    )


def write(folder: Path, size: int, *, changed: int = 0) -> None:
    """Write an estate of `size` objects whose plan adopts what it declares."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("part-*.yaml"):
        old.unlink()
    part: list[str] = []
    number = length = 0
    for document in documents(size, changed=changed):
        part.append(document)
        length += len(document)
        if length > LARGEST_FILE:
            (folder / f"part-{number:03d}.yaml").write_text("---\n".join(part), encoding="utf-8")
            part, number, length = [], number + 1, 0
    (folder / f"part-{number:03d}.yaml").write_text("---\n".join(part), encoding="utf-8")
    head = "apiVersion: reconciler.dev/v1alpha1\nkind: Estate\nmetadata: {name: bench}\n"
    (folder / "reconciler.yaml").write_text(f"{head}spec: {{adoption: declared}}\n", encoding="utf-8")
