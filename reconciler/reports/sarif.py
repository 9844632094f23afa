"""Diagnostics as SARIF 2.1.0, for code scanning: one result for each, with the rules that they break."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from reconciler import __version__
from reconciler.diagnostics import CODES, Diagnostic, DiagnosticCode
from reconciler.positions import Span, path_text

MAX_RESULTS = 5_000
"""The most that GitHub takes of one run; it drops the rest by itself, without saying which."""

_BASE = "%SRCROOT%"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(diagnostics: Sequence[Diagnostic], *, base: str | None = None) -> dict[str, Any]:
    """
    A SARIF log with one run: the codes that occur as rules, at most 5,000 results, and how many were left out.

    URIs are the files of the findings, relative to `base`, the URI of a folder, where it is given. The fingerprint of a
    result does not hold its line, so that a finding stays the same finding when lines above it come and go.
    """
    kept = diagnostics[:MAX_RESULTS]
    known = {code.id: code for code in CODES.values()} | {found.code.id: found.code for found in kept}
    used = sorted({found.code.id for found in kept})
    index = {number: position for position, number in enumerate(used)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "reconciler",
                "semanticVersion": __version__,
                "rules": [_rule(known[number]) for number in used],
            }
        },
        **({"originalUriBaseIds": {_BASE: {"uri": base}}} if base else {}),
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, index[found.code.id]) for found in kept],
    }
    if len(diagnostics) > len(kept):
        left_out = f"{len(diagnostics) - len(kept):,} more findings are left out."
        notification = {"level": "warning", "message": {"text": left_out}}
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": [notification]}]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: DiagnosticCode) -> dict[str, Any]:
    return {
        "id": code.id,
        "shortDescription": {"text": code.summary},
        "fullDescription": {"text": code.explanation},
        "help": {"text": code.explanation},
        "defaultConfiguration": {"level": str(code.severity)},
    }


def _result(found: Diagnostic, rule_index: int) -> dict[str, Any]:
    text = "\n".join(part for part in (found.code.summary + ".", found.detail, found.hint) if part)
    location: dict[str, Any] = _location(found.span) if found.span else {}
    if found.address:
        name = ".".join(part for part in (found.address, path_text(found.path)) if part)
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    result: dict[str, Any] = {
        "ruleId": found.code.id,
        "ruleIndex": rule_index,
        "level": str(found.severity),
        "message": {"text": text},
        "locations": [location] if location else [],
        "partialFingerprints": {"reconciler/v1": _fingerprint(found)},
    }
    related = [
        _location(place.span) | {"id": number, "message": {"text": place.message}}
        for number, place in enumerate(found.related, start=1)
        if place.span
    ]
    if related:
        result["relatedLocations"] = related
    if found.rule:
        result["properties"] = {"rule": found.rule}
    return result


def _location(span: Span) -> dict[str, Any]:
    # Every reserved character is quoted, so that a file called `a:b.yaml` is no address with the scheme `a`.
    uri = quote(span.file.lstrip("/"), safe="/", errors="replace")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": _BASE},
            "region": {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.end_line,
                "endColumn": max(span.end_column, span.column) if span.end_line == span.line else span.end_column,
            },
        }
    }


def _fingerprint(found: Diagnostic) -> str:
    parts = (
        found.code.id,
        found.span.file if found.span else "",
        found.address or "",
        path_text(found.path),
        found.detail,
    )
    return sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
