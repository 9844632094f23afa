"""The formats of reports and their page."""

import re
from pathlib import Path

from reconciler.reports.formats import BEGINNINGS, Rendering, ReportFormat, rendered
from tests.features.reports.drawn_plans import DrawnPlan

PAGE = Path(__file__).parents[3] / "docs/reference/reports.md"


def test_the_page_lists_every_format() -> None:
    """In the order in which they are declared, each once."""
    rows = re.findall(r"^\| `(\w+)` \| .* \| .* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [form.value for form in ReportFormat]


def test_a_report_begins_as_its_format_says() -> None:
    """An earlier report is known by its first bytes, and only such a file is replaced."""
    view = DrawnPlan().terminate(2).view()

    for form in ReportFormat:
        text = rendered(view, form, Rendering(limit=65_536)).encode()
        assert text.startswith(BEGINNINGS[form]), form
