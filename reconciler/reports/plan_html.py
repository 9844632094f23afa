"""
A report as one HTML file: no script, nothing from elsewhere, readable without its style, in light and dark.

The template escapes every value. The only markup that is put in as it is, is the picture, which escapes its own texts.
"""

from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any

import jinja2

from reconciler.plan.plan import Verdict
from reconciler.reports.change_graph import picture
from reconciler.reports.diagnostics import escaped
from reconciler.reports.first_screen import QUESTIONS, answered, clipped
from reconciler.reports.fitting import fit, size
from reconciler.reports.item_text import blocks
from reconciler.reports.plan_text import drift_text, summary, unmanaged_text
from reconciler.reports.plan_view import Danger, Going, PlanView, ReportItem
from reconciler.reports.provenance_text import provenance_blocks
from reconciler.reports.roster_text import drift_of_sims
from reconciler.reports.status_text import status
from reconciler.reports.style import plain
from reconciler.reports.traffic import traffic_text
from reconciler.reports.verdicts import HEADINGS, row_of, word_of
from reconciler.reports.waiver_text import waiver_blocks

LIMIT = 3 * 1024 * 1024
"""The bytes of a file that every browser opens at once."""
_REST = 400_000
_MOST_SENTENCES = 1_000
_MOST_LINES = 2_000
_OPEN = frozenset({Danger.IRREVERSIBLE, Danger.DESTRUCTIVE, Danger.DISRUPTIVE})
_TONES = {Going.OK: "ok", Going.NEEDS_CONSENT: "consent", Going.REFUSED: "refused"}
_SIGNS = {"+": "a", "-": "r", "-/+": "r", "~": "c", ">": "c", "!": "c"}
_PER_LINE = 28
"""The bytes of the tags around a line."""

Lines = list[tuple[str, str]]


def render(view: PlanView, limit: int = LIMIT) -> str:
    """The report in at most `limit` bytes. The same view gives the same bytes."""
    lists = [(title, sentences) for title, sentences in _lists(view) if sentences]
    fitted, missing = fit(view.sections, limit - _REST, lambda item: _block(item, view), _weight)
    sections = [
        {
            "title": f"{part.section.danger} ({sum(item.count for item in part.section.items):,})",
            "is_open": part.section.danger in _OPEN,
            "blocks": [_lines(block) for block in part.shown],
            "counted": part.counted,
        }
        for part in fitted
    ]
    left_out = missing + sum(part.left_out for part in fitted)
    rows = [row_of(result) for result in view.verdicts[:_MOST_SENTENCES]]
    texts: dict[str, Any] = {
        "status": status(view),
        "purpose": str(view.context.purpose),
        "estate": clipped(view.estate),
        "answers": _answers(view),
        "tone": _TONES[view.answers.going],
        "word": str(view.answers.going),
        "why": clipped(view.answers.why, 1_000),
        "next_step": clipped(view.answers.next_step, 1_000),
        "lists": lists,
        "picture": picture(view.plan) if view.plan else "",
        "sections": [*sections, *_further(view)],
        "headings": HEADINGS,
        "rows": rows,
        "summary": summary(view.plan) if view.plan else "",
        "cut": f"{left_out:,} of {view.answers.changes:,} changes are counted only: the JSON has all." * bool(left_out),
        "foot": f"Digest: {view.digest}" if view.digest else "No plan was made.",
    }
    return _template().render(texts)


def _answers(view: PlanView) -> list[tuple[str, str]]:
    found = list(zip(QUESTIONS, answered(view), strict=False))
    word = str(view.answers.going)
    return [(question, answer.removeprefix(word) if question is QUESTIONS[0] else answer) for question, answer in found]


def _lists(view: PlanView) -> Iterator[tuple[str, list[str]]]:
    spoken = [result for result in view.verdicts if result.verdict is not Verdict.PASS]
    refusals = [f"{word_of(r)} [{r.guard}] {r.message}{f' → {r.next_step}' if r.next_step else ''}" for r in spoken]
    manifests = [
        f"{found.severity} {found.code.id} {found.span or ''} {found.detail or found.code.summary}"
        for found in view.context.diagnostics
    ]
    for title, sentences in (
        ("Guards that object or warn", refusals),
        *((title, list(sentences)) for title, sentences in view.lists),
        ("Manifests", manifests),
    ):
        more = [f"and {len(sentences) - _MOST_SENTENCES:,} more"] if len(sentences) > _MOST_SENTENCES else []
        yield title, [*map(escaped, sentences[:_MOST_SENTENCES]), *more]


def _further(view: PlanView) -> Iterator[dict[str, Any]]:
    """Drift and unmanaged objects, as sections without a danger."""
    drift = drift_text(view.drift) if view.drift else ""
    of_sims = "\n".join(drift_of_sims(view.context.sim_drift))
    unmanaged = unmanaged_text(view.plan, plain) if view.plan else ""
    whose = "\n".join(provenance_blocks(view.plan)) if view.plan else ""
    traffic = traffic_text(view.traffic)
    waivers = "\n".join(waiver_blocks(view.plan)) if view.plan else ""
    texts = {
        "Whose change it is": whose,
        "Effect on traffic": traffic,
        "Waivers": waivers,
        "Drift": drift,
        "Drift of SIMs": of_sims,
        "Unmanaged": unmanaged,
    }
    for title, text in texts.items():
        if text:
            lines = text.split("\n")
            more = [f"{len(lines) - _MOST_LINES:,} lines more"] if len(lines) > _MOST_LINES else []
            block = _lines("\n".join(lines[:_MOST_LINES]))
            yield {"title": title, "is_open": False, "blocks": [block], "counted": more}


def _block(item: ReportItem, view: PlanView) -> str:
    return "\n\n".join(blocks(item, view, plain, verbose=False))


def _weight(block: str) -> int:
    return size(escape(block)) + _PER_LINE * (block.count("\n") + 1)


def _lines(block: str) -> Lines:
    """The lines of a block, each with the class of its sign."""
    return [(_SIGNS.get(line.lstrip(" ").partition(" ")[0], ""), line) for line in block.split("\n")]


@cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("reconciler", "reports")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=False
    )
    return environment.get_template("plan.html")
