"""Findings about the documents of templates and divisions, placed as they are made."""

from dataclasses import dataclass

from reconciler.diagnostics import Diagnostic, DiagnosticCode, Related, Report
from reconciler.manifests.yaml_reader import Document
from reconciler.positions import Path, Span


@dataclass(slots=True)
class Findings:
    """The findings about one document. `count` says how many errors there were."""

    document: Document
    address: str
    code: DiagnosticCode
    report: Report
    count: int = 0

    def failed(self) -> bool:
        """Whether there was an error."""
        return self.count > 0

    def add(
        self,
        path: Path,
        detail: str,
        hint: str | None = None,
        *,
        at_key: bool = False,
        related: tuple[Related, ...] = (),
        code: DiagnosticCode | None = None,
        span: Span | None = None,
        is_mistake: bool = True,
    ) -> None:
        """Report a finding at a place of the document, or at a `span` that is known."""
        marks = self.document.marks
        span = span or (marks.key(path) if at_key else marks.value(path))
        self.count += is_mistake
        self.report(Diagnostic(code or self.code, detail, hint, self.address, path, at_key, span, related))
