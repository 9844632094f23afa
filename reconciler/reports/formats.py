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
    sarif    code scanning: findings at their lines
    github   annotations of GitHub Actions
    summary  the job summary of GitHub Actions, to which it is appended
    junit    the test reports of any CI
    gitlab   the terraform report of GitLab: three counts
    status   the status of a commit: one line of at most 140 characters
    ======== =====================================================================
    """

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SARIF = "sarif"
    GITHUB = "github"
    SUMMARY = "summary"
    JUNIT = "junit"
    GITLAB = "gitlab"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """
    The choices of the caller for the reports of a run.

    `limit` is the most bytes of Markdown, and `redacted` takes secrets out of JSON values. `folder` is the estate's as
    the repository sees it, and `base` the URI of the repository, for findings at places.
    """

    limit: int
    redacted: Callable[[Any], Any] = lambda value: value
    folder: str = "."
    base: str | None = None


BEGINNINGS: dict[ReportFormat, tuple[bytes, ...]] = {
    ReportFormat.TEXT: (b"May it go?", b"OK", b"DRIFT"),
    ReportFormat.JSON: (b'{"answers":',),
    ReportFormat.MARKDOWN: (b"<!-- reconciler ",),
    ReportFormat.HTML: (
        b'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="reconc',
    ),
    ReportFormat.SARIF: (b'{\n  "$schema": "https://json.schemastore.org/sarif',),
    ReportFormat.GITHUB: (b"::error ", b"::warning "),
    ReportFormat.SUMMARY: (b"",),
    ReportFormat.JUNIT: (b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="reconciler"',),
    ReportFormat.GITLAB: (b'{"create":',),
    ReportFormat.STATUS: (b"OK", b"NEEDS CONSENT", b"REFUSED", b"DRIFT", b"APPLIED"),
}
"""The first bytes of each format: a file that begins so is an earlier report, and may be replaced."""


_SUMMARY_LIMIT = 1_000_000
"""GitHub drops a summary of more than a mebibyte."""


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
        case ReportFormat.SARIF | ReportFormat.GITHUB:
            return _at_places(view, form, rendering)
        case ReportFormat.SUMMARY:
            from reconciler.reports.plan_markdown import render as as_markdown

            return f"{as_markdown(view, _SUMMARY_LIMIT)}\n\n"
        case ReportFormat.JUNIT:
            from reconciler.reports.junit import as_junit

            return f"{as_junit(view)}\n"
        case ReportFormat.GITLAB:
            from reconciler.reports.gitlab import as_counts

            return f"{as_counts(view)}\n"
        case ReportFormat.STATUS:
            from reconciler.reports.status_text import status

            return f"{status(view)}\n"
        case _:
            assert_never(form)


def _at_places(view: PlanView, form: ReportFormat, rendering: Rendering) -> str:
    """The findings at their places in the repository, which is all that a forge knows."""
    from reconciler.reports.annotations import as_workflow_commands, seen_from_above
    from reconciler.reports.documents import indented
    from reconciler.reports.findings import findings_of
    from reconciler.reports.sarif import as_sarif

    found = seen_from_above(findings_of(view), rendering.folder)
    if form is ReportFormat.GITHUB:
        return as_workflow_commands(found)
    return f"{indented(rendering.redacted(as_sarif(found, base=rendering.base)))}\n"
