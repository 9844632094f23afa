"""Expected output that is kept in files: compared byte for byte, or written anew by `make golden`."""

import os
from pathlib import Path

VARIABLE = "RECONCILER_GOLDEN"
WRITE = "write"


def assert_golden(path: Path, content: str) -> None:
    """The file holds exactly this; with ``RECONCILER_GOLDEN=write`` it does from now on, and the review is its diff."""
    if os.environ.get(VARIABLE) == WRITE:
        path.write_bytes(content.encode())
    expected = path.read_bytes().decode() if path.exists() else ""
    assert content == expected, f"{path.name} of {path.parent.name} is another one; see it with: make golden"
