"""Reports of 48,000 changes: within the limits of forges and browsers, the same bytes twice, no danger left out."""

import re
from html.parser import HTMLParser

import pytest

from reconciler.reports.plan_html import LIMIT as HTML_LIMIT
from reconciler.reports.plan_html import render as as_html
from reconciler.reports.plan_markdown import LIMIT
from reconciler.reports.plan_markdown import render as as_markdown
from reconciler.reports.plan_view import PlanView
from tests.features.reports.drawn_plans import DrawnPlan, names

_COUNTED = re.compile(r"([\d,]+) × (\w+ \w+)")
_VOID = {"meta", "br", "link", "img", "rect", "path", "input", "hr"}


class Page(HTMLParser):
    """The tags of a page, and whether each that is opened is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        self.tags.add(tag)
        self.names.update(name for name, _ in attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag without content."""
        self.tags.add(tag)
        self.names.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        """A tag ends, which must be the last one that began."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text."""
        self.texts.append(data)


def _large() -> DrawnPlan:
    """Changes that are all different, and more dangers than fit."""
    made = DrawnPlan().harmless(30_000).create(names("map", 15_400), label="x" * 60)
    return made.delete(names("gone", 2_400)).replace(names("target", 199)).terminate(300).move(1_500).touch()


@pytest.fixture(scope="module")
def large() -> PlanView:
    """The view of 48,000 objects and 1,800 SIMs that change."""
    return _large().view()


@pytest.mark.slow
def test_markdown_of_48_000_changes_fits_and_names_every_danger(large: PlanView) -> None:
    """At most 65,536 bytes, the same bytes twice; what is not listed is in a roll-up with its count."""
    text = as_markdown(large)

    assert len(text.encode()) <= LIMIT
    assert text == as_markdown(_large().view())
    counted: dict[str, int] = {}
    for count, what in _COUNTED.findall(text):
        counted[what] = counted.get(what, 0) + int(count.replace(",", ""))
    listed = {
        "OperatorPolicy deleted": text.count("will be deleted"),
        "RoutingTarget replaced": text.count("will be replaced"),
    }
    found = {what: counted.get(what, 0) + listed.get(what, 0) for what in listed}
    assert found == {"OperatorPolicy deleted": 2_400, "RoutingTarget replaced": 199}
    assert "300 SIMs will be terminated" in text
    assert "counted only" in text


@pytest.mark.slow
def test_html_of_48_000_changes_is_one_small_file(large: PlanView) -> None:
    """At most 3 MiB, every tag closed, no script and nothing from elsewhere."""
    text = as_html(large)

    assert len(text.encode()) <= HTML_LIMIT
    page = Page(text)
    assert page.open == []
    assert page.tags & {"script", "img", "link", "iframe", "object", "form", "a"} == set()
    assert page.names & {"src", "href", "onclick", "onload", "style", "srcset"} == set()
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.slow
@pytest.mark.parametrize("limit", [500, 1_500, 5_000, 20_000])
def test_a_small_limit_holds_and_never_reads_as_no_changes(large: PlanView, limit: int) -> None:
    """The verdict, the counts, the cut and the digest are there, in so many bytes."""
    text = as_markdown(large, limit)

    assert len(text.encode()) <= limit
    assert "NEEDS CONSENT" in text
    assert f"Cut at {limit:,} bytes" in text
    assert text.splitlines()[-1] == f"Digest: `{large.digest}`"
    assert "no changes" not in text.lower()
    assert "nothing changes" not in text


def test_html_escapes_every_value_and_reads_without_its_style() -> None:
    """The answers are text in a list of questions; a value makes no tag."""
    drawn = DrawnPlan(estate="<script>x</script>").create(['<img src="x">'], label="</pre><b>").delete(["<i>"])

    page = Page(as_html(drawn.view()))

    assert page.tags & {"script", "img", "b", "i"} == set()
    assert {"May it go?", "How many SIMs?", "Is it mine?"} <= set(page.texts)
    assert page.open == []
