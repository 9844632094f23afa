"""Values as plans show them: short, on one line, with secrets and URLs hidden (S9, S20)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from reconciler.model.secret import SecretRef
from reconciler.reports.diagnostics import escaped

_LONGEST = 100


def shown(value: Any) -> str:
    """One value on one line, at most 100 characters."""
    text = _shown(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case Mapping():
            return _mapping(value)
        case list() | tuple():
            return "[" + ", ".join(_shown(item) for item in value) + "]"
    return escaped(str(value))


def _text(value: str) -> str:
    if value.startswith(("http://", "https://")):
        parts = urlsplit(value)
        return f'"{parts.scheme}://{escaped(parts.netloc)}/…"'
    if value.startswith("hmac-sha256:"):
        return "(secret)"
    return value if value.startswith("(secret)") else f'"{escaped(value)}"'


def _mapping(value: Mapping[str, Any]) -> str:
    reference = SecretRef.of(value)
    if reference is not None:
        return f"(secret from {escaped(str(reference))})"
    return "{" + ", ".join(f"{escaped(str(name))}: {_shown(inner)}" for name, inner in value.items()) + "}"
