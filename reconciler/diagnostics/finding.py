"""
Findings: codes, diagnostics, and how they get their places.

A diagnostic speaks of an address and a path; `located` turns those into places in files. The summary of a code is fixed
text, so that a list of findings can be grouped and searched; what is particular to one finding is in its detail.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.positions import FurtherMarks, Marks, Origins, Path, Span


class Severity(StrEnum):
    """Whether a finding stops the run (error) or is only said (warning)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class DiagnosticCode:
    """
    One sort of mistake.

    | family | what is wrong                    |
    |--------|----------------------------------|
    | R1xx   | files and YAML                   |
    | R2xx   | the meaning of a manifest        |
    | R3xx   | the plan, or a guard refused it  |
    | R4xx   | the platform said no             |
    | R9xx   | a bug in reconciler              |

    `summary` is fixed text and never holds what a user wrote. `explanation` says the cause and the fix; the page of
    error codes is made from it.
    """

    id: str
    summary: str
    severity: Severity
    explanation: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding: the first of two duplicates, a step of a cycle."""

    message: str
    span: Span | None = None
    address: str | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """
    One thing that is wrong with the input.

    `detail` is full sentences for this finding, `hint` what to do about it. `path` is a path in the document of
    `address`; `at_key` says that the key there is what is wrong, not its value. `span` is set where the place is known
    without an address, and otherwise by `located`. `rule` is the number of a domain rule (D-16).

    `hides_value` says that the value there may be a secret, so that an excerpt of the source does not show it (S10).
    """

    code: DiagnosticCode
    detail: str
    hint: str | None = None
    address: str | None = None
    path: Path = ()
    at_key: bool = False
    span: Span | None = None
    related: tuple[Related, ...] = ()
    rule: str | None = None
    hides_value: bool = False

    def __post_init__(self) -> None:
        # Sentences quote what a user wrote, and nothing in that may begin a line of its own (S21).
        for name in ("detail", "hint"):
            if (text := getattr(self, name)) is not None and _CONTROL.search(text):
                object.__setattr__(self, name, one_line(text))

    @property
    def severity(self) -> Severity:
        """The severity of the code."""
        return self.code.severity


Report = Callable[[Diagnostic], None]
"""Takes a diagnostic that was found."""

SECRET_NAME = re.compile(
    r"password|passw|passphrase|secret|token|credential|preshared|(?:private|access|api|auth)[_-]?key|psk|activation|"
    r"authori[sz]ation|bearer|cookie|\bauth\b",
    re.IGNORECASE,
)
"""Names of fields whose values are never shown, not in an excerpt of the source either (S10)."""


def located(diagnostics: Iterable[Diagnostic], origins: Origins) -> list[Diagnostic]:
    """
    The diagnostics with their places, in the order of files and lines, each once.

    A span that is set stays. Diagnostics without a place in any file come last, in the order of addresses.
    """
    # By address: the marks of a document are made from its text when they are first needed, and few are kept.
    by_address = sorted(diagnostics, key=lambda found: found.address or "")
    placed = dict.fromkeys(_placed(found, origins) for found in by_address)
    return sorted(placed, key=_order)


def _placed(found: Diagnostic, origins: Origins) -> Diagnostic:
    span = found.span
    if span is None and found.address is not None:
        span = origins.span(found.address, found.path, key=found.at_key)
    related = tuple(
        replace(place, span=origins.span(place.address, place.path))
        if place.span is None and place.address is not None
        else place
        for place in found.related
    )
    if found.span is None and found.address is not None and found.address in origins:
        related += further_places(origins[found.address], found.path)
    if span == found.span and related == found.related:
        return found
    return replace(found, span=span, related=related)


def further_places(marks: Marks, path: Path) -> tuple[Related, ...]:
    """The further places of a value: that in the template, for what a template made."""
    if not isinstance(marks, FurtherMarks):
        return ()
    return tuple(Related(words, span) for words, span in marks.further(path))


def _order(found: Diagnostic) -> tuple[bool, str, int, int, str, str, str, str]:
    span = found.span
    file, line, column = (span.file, span.line, span.column) if span else ("", 0, 0)
    return span is None, file, line, column, found.code.id, found.address or "", found.detail, repr(found.path)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    r"""The text with control characters and line breaks as escapes (``\n``), so that it stays one line of a report."""
    return _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


def with_article(noun: str) -> str:
    """The noun behind its indefinite article: ``a VSlice``, ``an EdgeService``."""
    return f"{'an' if noun[:1] in set('AEIOaeio') else 'a'} {noun}"
