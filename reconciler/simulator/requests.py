"""Reading a WSGI request within limits: path, query, token, JSON body."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from reconciler.simulator.refusals import Denied, Malformed, NotFound, TooLarge
from reconciler.simulator.settings import LARGEST_BODY_BYTES, Settings

BASE = "/api/v1"
_MOST_PARAMETERS = 50


def path_of(environ: Mapping[str, Any]) -> str:
    """The path below the base, decoded; `NotFound` for anything else."""
    raw = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    try:
        # WSGI hands bytes over as latin-1 text.
        path = str(raw).encode("latin-1").decode("utf-8")
    except UnicodeError:
        path = unquote(str(raw))
    if path[: len(BASE)].lower() != BASE or path[len(BASE) : len(BASE) + 1] not in {"", "/"}:
        raise NotFound
    return path[len(BASE) :] or "/"


def query_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """The query's parameters with their names in lower case; the last of a name counts."""
    try:
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise Malformed("query", "The query cannot be read.") from None
    return {name.lower(): value for name, value in pairs}


def body_of(environ: Mapping[str, Any]) -> bytes:
    """The body's bytes; `TooLarge` beyond the limit."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Malformed("body", "Content-Length is not a number.") from None
    if length > LARGEST_BODY_BYTES:
        raise TooLarge(f"The body is larger than {LARGEST_BODY_BYTES} bytes.")
    return environ["wsgi.input"].read(length) if length > 0 else b""


def parsed(content: bytes) -> Any:
    """A JSON body, or None when there is none; `Malformed` when it is no JSON."""
    if not content.strip():
        return None
    try:
        value = json.loads(content, parse_constant=_no_constant)
        if b"\\u" in content:
            # A lone surrogate is legal in JSON text and cannot be stored.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Malformed("$", "The body is not valid JSON.") from None
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def authorise(environ: Mapping[str, Any], token: str | None, settings: Settings) -> None:
    """`Denied` unless the request bears the token (any, when none is set), or may do what it asks for."""
    scheme, _, given = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given:
        raise Denied(401, "An API token is required: Authorization: Bearer <token>.")
    if settings.read_only_token is not None and given == settings.read_only_token:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            raise Denied(403, "This API token may only read.")
        return
    if token is not None and given != token:
        raise Denied(401, "The API token is not valid.")
