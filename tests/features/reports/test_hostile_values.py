"""A hostile pull request gets nothing into a report: whole reports of drawn plans, parsed as a forge does it."""

import json
import os
import random
import re
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconciler.reports.formats import Rendering, ReportFormat, rendered
from reconciler.reports.plan_markdown import render as as_markdown
from reconciler.reports.plan_view import PlanView
from tests.features.reports.hostile import ATTACKS, WORD, hostile_view
from tests.features.reports.test_sizes import Page

DRAWN = int(os.environ.get("RECONCILER_HOSTILE_PLANS", "40"))
SEED = int(os.environ.get("RECONCILER_SEED", "12"))
LIMITS = (500, 5_000, 65_536)
_MARKER = re.compile(r"<!-- reconciler (?:plan|drift) [\w.~%-]* -->")
_OPENING = re.compile(r"<details><summary>[\w ().,-]+</summary>")
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_COMMANDS = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)


def _views() -> list[PlanView]:
    return [hostile_view(random.Random(f"{SEED} {number}")) for number in range(DRAWN)]


@pytest.fixture(scope="module")
def views() -> list[PlanView]:
    """The drawn views."""
    return _views()


def _flat(tokens: list[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *_flat(token.children or []))]


def _check_markdown(text: str, view: PlanView, limit: int) -> None:
    assert len(text.encode()) <= limit
    assert _UNSEEN.search(text) is None
    lines = text.split("\n")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    flat = _flat(tokens)
    assert {token.type for token in flat} & {"link_open", "image", "html_inline", "s_open", "em_open"} == set()
    markers, depth = 0, 0
    for token in flat:
        if token.type == "html_block":
            content = token.content.strip()
            markers += bool(_MARKER.fullmatch(content))
            depth += bool(_OPENING.fullmatch(content)) - (content == "</details>")
            assert _MARKER.fullmatch(content) or _OPENING.fullmatch(content) or content == "</details>", content
            assert depth in {0, 1}
        elif token.type == "fence":
            assert token.map is not None
            assert lines[token.map[1] - 1] == token.markup
        elif token.type == "text":
            assert WORD not in token.content, token.content
    assert (markers, depth) == (1, 0)
    assert [line for line in lines if line.startswith("Digest: ")] == ([lines[-1]] if view.digest else [])
    assert lines[-1] == (f"Digest: `{view.digest}`" if view.digest else "No plan was made.")
    if view.answers.changes or view.plan is None:
        assert "no changes" not in text.lower()
        assert "nothing changes" not in text


@pytest.mark.parametrize("limit", LIMITS)
def test_markdown_has_no_structure_but_its_own(views: list[PlanView], limit: int) -> None:
    """
    Every details and every fence is closed; no link, image, mention, tag or second marker comes from a value.

    The size is within the limit, and a limit that is too small never reads as "no changes".
    """
    for view in views:
        _check_markdown(as_markdown(view, limit), view, limit)


def test_the_same_views_give_the_same_bytes(views: list[PlanView]) -> None:
    """In Markdown and in every other format, but JSON: no plan document holds a name with a line break."""
    for view, other in zip(views[:10], _views()[:10], strict=True):
        for form in set(ReportFormat) - {ReportFormat.JSON}:
            assert _rendered(view, form) == _rendered(other, form)


def _rendered(view: PlanView, form: ReportFormat) -> str:
    return rendered(view, form, Rendering(limit=65_536))


@pytest.mark.parametrize(
    "form", sorted(set(ReportFormat) - {ReportFormat.JSON, ReportFormat.SARIF, ReportFormat.GITHUB})
)
def test_no_report_acts_on_a_terminal_or_a_build(views: list[PlanView], form: ReportFormat) -> None:
    """No control, no character that turns the direction, and no command of a build system."""
    for view in views:
        text = _rendered(view, form)
        assert _UNSEEN.search(text) is None
        assert _COMMANDS.search(text) is None


def test_annotations_are_the_only_commands_of_their_report(views: list[PlanView]) -> None:
    """Each line begins one of ours, or counts the rest."""
    for view in views:
        lines = _rendered(view, ReportFormat.GITHUB).splitlines()
        ours = re.compile(
            r"::(error|warning) (file=[^:,]*,line=\d+,endLine=\d+,(col=\d+,endColumn=\d+,)?)?title=[^:,]*::"
        )
        assert [line for line in lines if not ours.match(line) and not re.fullmatch(r"and [\d,]+ more", line)] == []


def test_html_has_no_tag_but_its_own(views: list[PlanView]) -> None:
    """Values are text only: no tag, no attribute, no address of another site."""
    for view in views:
        text = _rendered(view, ReportFormat.HTML)
        page = Page(text)
        assert page.open == []
        assert page.tags & {"script", "img", "b", "iframe", "a", "object", "link"} == set()
        assert {name for name in page.names if name.startswith("on") or name in {"src", "href", "style"}} == set()


def test_documents_for_machines_are_read_back(views: list[PlanView]) -> None:
    """JSON, SARIF and GitLab's counts are JSON, JUnit is XML."""
    for view in views:
        for form in (ReportFormat.SARIF, ReportFormat.GITLAB):
            json.loads(_rendered(view, form))
        ElementTree.fromstring(_rendered(view, ReportFormat.JUNIT))


def test_the_status_is_one_short_line(views: list[PlanView]) -> None:
    """At most 140 characters, whatever the names of guards are."""
    for view in views:
        text = _rendered(view, ReportFormat.STATUS)
        assert (text.count("\n"), len(text) <= 141) == (1, True)


def test_every_attack_is_drawn() -> None:
    """The default number of plans holds each attack at least once, or the test above proves little."""
    drawn = "".join(repr(view) for view in _views())
    assert [attack for attack in ATTACKS if repr(attack)[1:-1] not in drawn] == []
