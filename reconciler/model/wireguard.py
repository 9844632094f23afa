"""The keys of WireGuard: 32 bytes in base64."""

import base64
import binascii
from typing import Any

_BYTES = 32


def wireguard_key_objection(value: Any) -> str | None:
    """The reason why a text is no WireGuard public key; None for one."""
    text = str(value)
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "it is no WireGuard public key: it has signs that base64 does not have, or ends too early"
    if len(content) != _BYTES:
        return f"it is no WireGuard public key: it holds {len(content)} bytes instead of {_BYTES}"
    if not any(content):
        return "it is no WireGuard public key: all its bytes are zero"
    if base64.b64encode(content).decode() != text:
        return "it is no WireGuard public key: its last letters hold more than the key"
    return None
