"""Canonical JSON: sorted members, no spaces, UTF-8; the same value has the same bytes (I15, S15)."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Any) -> str:
    """``sha256:`` over the canonical bytes."""
    return f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}"
