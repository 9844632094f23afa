"""A small estate to start from."""

import os
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.named_files import create_file

_CONFIGURATION = """\
apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {name: %s}
spec:
  account: {type: integrated}
  manifests: [estate/]
"""
_MANIFEST = """\
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {name: first-network}
spec:
  displayName: First network
  subnets: [100.64.0.0/16]
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata: {name: internet}
spec:
  vslice: first-network
  redundancyZone: europe-primary
  internet: {}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingPolicy
metadata: {name: web-only}
spec:
  vslice: first-network
  rules:
    - name: web
      direction: uplink
      action: forward
      target: internet
      match: {protocol: tcp, destinationPorts: "443"}
      reflexive: true
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {name: first-group}
spec:
  vslice: first-network
  routingPolicy: web-only
  regionalPolicy: existing:automatic
"""


def write_estate(folder: Path) -> None:
    """Write the files of a small estate into the folder; none that exists is overwritten."""
    files = {
        folder / "reconciler.yaml": _CONFIGURATION % (folder.resolve().name or "estate"),
        folder / "estate" / "network.yaml": _MANIFEST,
        folder / ".gitignore": ".reconciler/\n*.plan\n",
    }
    existing = [path for path in files if os.path.lexists(path)]
    if existing:
        message = f"{existing[0]} exists already"
        raise UsageError(message, hint="name another folder")
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            create_file(path, content.encode())
    except OSError as error:
        message = f"cannot write into {folder}: {error.strerror}"
        raise UsageError(message, hint="name a folder that can be written") from error
