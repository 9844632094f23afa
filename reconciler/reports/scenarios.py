"""The results of scenarios, as text and as JUnit."""

from collections.abc import Sequence
from typing import Protocol
from xml.etree import ElementTree

from reconciler.positions import Span


class ScenarioOutcome(Protocol):
    """The result of one scenario, as reports need it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def span(self) -> Span:
        """Its place."""
        ...

    @property
    def failure(self) -> str | None:
        """The reason why it fails."""
        ...


def as_text(results: Sequence[ScenarioOutcome]) -> str:
    """One line for each scenario, and the totals."""
    lines = []
    for result in results:
        place = f"{result.span.file}:{result.span.line}"
        word = "pass" if result.failure is None else "FAIL"
        lines.append(f"{word}  {place}  {result.name}" + (f": {result.failure}" if result.failure else ""))
    failed = sum(result.failure is not None for result in results)
    lines.append(f"{len(results):,} scenario{'' if len(results) == 1 else 's'}, {failed:,} failed.")
    return "\n".join(lines)


def as_junit(results: Sequence[ScenarioOutcome]) -> str:
    """One test case for each scenario."""
    failed = sum(result.failure is not None for result in results)
    suite = ElementTree.Element("testsuite", name="scenarios", tests=str(len(results)), failures=str(failed))
    for result in results:
        place = {"name": result.name, "file": result.span.file, "line": str(result.span.line)}
        case = ElementTree.SubElement(suite, "testcase", place, classname="scenarios")
        if result.failure is not None:
            ElementTree.SubElement(case, "failure", message=result.failure)
    return ElementTree.tostring(suite, encoding="unicode") + "\n"
