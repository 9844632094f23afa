"""The formats of `--report`, each with its renderer of one view, which is imported when it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from reconciler.reports.plan_view import PlanView


class ReportFormat(StrEnum):
    """
    The formats of a report.

    ======== =====================================================================
    format   made for
    ======== =====================================================================
    text     terminals
    json     programs: the contract
    markdown a comment on a pull request
    html     browsers, as one file without script
    status   the status of a commit: one line of at most 140 characters
    ======== =====================================================================
    """

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The choices of the caller: the most bytes of Markdown, and the function that takes secrets out of JSON values."""

    limit: int
    redacted: Callable[[Any], Any] = lambda value: value


BEGINNINGS: dict[ReportFormat, tuple[bytes, ...]] = {
    ReportFormat.TEXT: (b"May it go?", b"No drift", b"Drift"),
    ReportFormat.JSON: (b'{"answers":',),
    ReportFormat.MARKDOWN: (b"<!-- reconciler ",),
    ReportFormat.HTML: (
        b'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="reconc',
    ),
    ReportFormat.STATUS: (b"OK", b"NEEDS CONSENT", b"REFUSED", b"DRIFT"),
}
"""The first bytes of each format: a file that begins so is an earlier report, and may be replaced."""


def rendered(view: PlanView, form: ReportFormat, rendering: Rendering) -> str:
    """The report in a format, with a final line break."""
    match form:
        case ReportFormat.TEXT:
            from reconciler.reports.plan_text import render as as_text

            return f"{as_text(view)}\n"
        case ReportFormat.JSON:
            from reconciler.reports.documents import view_document

            return f"{view_document(view, redacted=rendering.redacted)}\n"
        case ReportFormat.MARKDOWN:
            from reconciler.reports.plan_markdown import render as as_markdown

            return f"{as_markdown(view, rendering.limit - 1)}\n"
        case ReportFormat.HTML:
            from reconciler.reports.plan_html import render as as_html

            return f"{as_html(view)}\n"
        case ReportFormat.STATUS:
            from reconciler.reports.status_text import status

            return f"{status(view)}\n"
        case _:
            assert_never(form)
