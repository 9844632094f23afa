"""Canonical JSON: sorted members, no spaces, UTF-8; the same value has the same bytes (I15, S15)."""

import hashlib
from typing import Any

from reconciler.model.json_text import json_text


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value."""
    return json_text(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """``sha256:`` over the canonical bytes."""
    return digest_of_bytes(canonical(value))


def digest_of_bytes(content: bytes) -> str:
    """``sha256:`` over bytes that are canonical."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
