"""Reports that are written to files: `--report FORMAT=PATH`, each whole, and before the exit code is chosen."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import ReconcilerError, UsageError
from reconciler.named_files import append_named, is_standard_output, write_named
from reconciler.redaction import KNOWN
from reconciler.reports.formats import BEGINNINGS, Rendering, ReportFormat, rendered
from reconciler.reports.plan_view import PlanView

_STANDARD_OUTPUT = Path("/dev/stdout")
_REDACTED = frozenset({ReportFormat.JSON, ReportFormat.SARIF})


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One report that was asked for: its format, and the file that gets it."""

    form: ReportFormat
    path: Path

    @property
    def takes_standard_output(self) -> bool:
        """Whether standard output gets this report, and nothing else."""
        return is_standard_output(self.path)


def report_file(text: str) -> ReportFile:
    """``markdown=plan.md`` as a report; `UsageError` for a format that there is not, and for no path."""
    form, _, path = text.partition("=")
    if form not in set(ReportFormat) or not path:
        message = f"--report {text[:80]} is no FORMAT=PATH"
        raise UsageError(
            message, hint=f"the formats are {', '.join(ReportFormat)}; for example --report markdown=plan.md"
        )
    return ReportFile(ReportFormat(form), _STANDARD_OUTPUT if path == "-" else Path(path))


def distinct(files: Sequence[ReportFile], *others: Path | None) -> None:
    """Raise `UsageError` where two results would be written to one file."""
    seen = {path.absolute() for path in others if path is not None}
    for file in files:
        if file.path.absolute() in seen:
            message = f"{file.path} is named for two results"
            raise UsageError(message, hint="give each --report a file of its own")
        seen.add(file.path.absolute())


def write_reports(view: PlanView, files: Sequence[ReportFile], *, limit: int, root: Path) -> None:
    """
    Write every report, whatever becomes of the others; then raise the error of the first that could not be written.

    No known secret is in any of them.
    """
    failed: ReconcilerError | None = None
    # A forge knows the paths of the repository only: those from the folder that the command was run in.
    folder = Path(os.path.relpath(root)).as_posix()
    rendering = Rendering(limit=limit, redacted=KNOWN.document, folder=folder, base=f"{Path.cwd().as_uri()}/")
    for file in files:
        text = rendered(view, file.form, rendering)
        # JSON is a plan under a digest, of names and plain values; its other texts were redacted one by one.
        clean = text if file.form in _REDACTED else KNOWN.own(text)
        try:
            _write(file, clean)
        except ReconcilerError as error:
            failed = failed or error
    if failed is not None:
        raise failed


def _write(file: ReportFile, text: str) -> None:
    content = text.encode(errors="backslashreplace")
    if file.form is ReportFormat.SUMMARY:
        append_named(file.path, content, option="--report")
    else:
        write_named(file.path, content, option="--report", over=BEGINNINGS[file.form])
