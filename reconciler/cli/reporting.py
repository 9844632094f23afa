"""Reports of the running command, ``--report FORMAT=PATH``: written whatever the command comes to, and only once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import MARKDOWN_LIMIT, REPORTS, given
from reconciler.errors import InvalidManifests, ReconcilerError

if TYPE_CHECKING:
    from reconciler.operations.estate import Estate
    from reconciler.operations.reporting import ReportFile
    from reconciler.reports.plan_view import PlanView, Purpose, ReportContext


@dataclass(slots=True)
class Reports:
    """The reports that were asked for. `context` is what a report says where the command ends early."""

    files: "tuple[ReportFile, ...]"
    limit: int
    root: Path
    context: "ReportContext"
    _is_written: bool = field(default=False)

    @property
    def take_standard_output(self) -> bool:
        """Whether a report has standard output for itself."""
        return any(file.takes_standard_output for file in self.files)

    def write(self, view: "PlanView") -> None:
        """Write every report; an error of one is raised after the others are written."""
        from reconciler.operations.reporting import write_reports

        self._is_written = True
        write_reports(view, self.files, limit=self.limit, root=self.root)

    def write_failure(self, error: BaseException) -> None:
        """Write reports that say what ended the command, unless they are written already."""
        if self._is_written or not self.files:
            return
        from reconciler.reports.viewing import view_without_plan

        findings = error.diagnostics if isinstance(error, InvalidManifests) else ()
        is_ours = isinstance(error, ReconcilerError)
        message = str(error) if is_ours else f"it was ended by {type(error).__name__}"
        context = replace(
            self.context,
            error=message,
            hint=getattr(error, "hint", None) if is_ours else None,
            diagnostics=findings,
            exit_code=error.exit_code if isinstance(error, ReconcilerError) else 1,
        )
        try:
            self.write(view_without_plan(context))
        except ReconcilerError as further:
            # The error that ended the command decides how it ends.
            click.echo(f"error: {further}", err=True)


@contextmanager
def reporting(purpose: "Purpose", estate: "Estate", *others: Path | None) -> "Iterator[Reports]":
    """The reports of the running command, checked before it does anything; `others` are files that it writes too."""
    from reconciler.operations.reporting import distinct, report_file
    from reconciler.reports.plan_view import ReportContext

    files = tuple(report_file(text) for text in given(REPORTS) or ())
    distinct(files, *others)
    context = ReportContext(purpose=purpose, estate=estate.root.resolve().name)
    reports = Reports(files, given(MARKDOWN_LIMIT) or 0, estate.root, context)
    try:
        yield reports
    except BaseException as error:
        reports.write_failure(error)
        raise
