"""
A report in Markdown for a comment on a pull request: never above the limit, cut by whole items, and said so.

The first line is a hidden marker, by which the next run finds the comment; the last one is the digest.
"""

from collections.abc import Iterator, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.plan.plan import GuardResult, Verdict
from reconciler.reports.diagnostics import totals as totals_of
from reconciler.reports.first_screen import LONGEST_SENTENCE, QUESTIONS, answered, clipped
from reconciler.reports.fitting import Fitted, fit, size
from reconciler.reports.item_text import blocks
from reconciler.reports.markdown_text import code, fenced, in_columns, marker
from reconciler.reports.plan_text import drift_text, summary, unmanaged_text
from reconciler.reports.plan_view import Danger, PlanView, ReportItem
from reconciler.reports.provenance_text import provenance_blocks
from reconciler.reports.roster_text import drift_of_sims, sims
from reconciler.reports.status_text import status
from reconciler.reports.style import plain
from reconciler.reports.traffic import traffic_text
from reconciler.reports.verdicts import HEADINGS, row_of, word_of
from reconciler.reports.waiver_text import waiver_blocks

LIMIT = 65_536
"""The bytes of a comment that every forge of today takes; GitHub counts characters, which are fewer."""
SMALLEST_LIMIT = 500
"""The smallest limit that still holds the verdict, the counts and the digest."""
_OPEN = frozenset({Danger.IRREVERSIBLE, Danger.DESTRUCTIVE, Danger.DISRUPTIVE})
_MOST_SENTENCES = 20
_MOST_REFUSALS = 20
_MOST_EFFECTS = 10
_NOTICE = 400


def render(view: PlanView, limit: int = LIMIT) -> str:
    """The report in at most `limit` bytes. The same view and limit give the same bytes."""
    head, tail = _joined(_head(view)), _tail(view)
    room = limit - size(head) - size(tail) - _NOTICE
    if room < 0:
        return _smallest(view, limit)
    parts, missed = [head], list[str]()
    for title, text in _before(view):
        if size(text) + 2 <= room:
            room -= size(text) + 2
            parts.append(text)
        else:
            missed.append(title)
    fitted, uncounted = fit(view.sections, room, lambda item: _block(item, view))
    parts += [text for part in fitted for text in _section(part)]
    found = _joined(parts)
    for title, text in _after(view):
        if size(found) + size(text) + size(tail) + _NOTICE <= limit:
            found += f"\n\n{text}"
        else:
            missed.append(title)
    left_out = uncounted + sum(part.left_out for part in fitted)
    if left_out or missed:
        found += f"\n\n{_cut(view, left_out, missed, limit)}"
    return f"{found}\n\n{tail}"


def _joined(parts: Iterator[str] | Sequence[str]) -> str:
    return "\n\n".join(parts)


def _head(view: PlanView) -> Iterator[str]:
    answers = view.answers
    yield marker(str(view.context.purpose), view.estate)
    yield f"## reconciler {view.context.purpose}: {code(clipped(view.estate, 60))}"
    lines = []
    for question, answer in zip(QUESTIONS, answered(view, code), strict=False):
        word = str(answers.going)
        shown = answer.replace(word, f"**{word}**", 1) if question is QUESTIONS[0] else answer
        lines.append(f"- **{question}** {shown}")
        if question is QUESTIONS[0] and answers.why:
            lines.append(f"  - {code(clipped(answers.why))}")
        if question is QUESTIONS[0] and answers.next_step:
            lines.append(f"  - what to do: {code(clipped(answers.next_step))}")
    yield "\n".join(lines) if lines else f"**{status(view)}**"


def _tail(view: PlanView) -> str:
    if view.digest is None:
        return "No plan was made."
    return f"Digest: `{view.digest}`"


def _smallest(view: PlanView, limit: int) -> str:
    """The report where not even the first screen has room."""
    words = code(status(view))
    changes = f"{view.answers.changes:,} changes" if view.plan is not None else "the report"
    notice = f"**Cut at {limit:,} bytes**: {changes} would need more room. The JSON has all."
    return _joined([marker(str(view.context.purpose), view.estate), words, notice, _tail(view)])


def _before(view: PlanView) -> Iterator[tuple[str, str]]:
    """The parts between the first screen and the changes, each with its title."""
    found = [result for result in view.verdicts if result.verdict is not Verdict.PASS]
    if len(found) > 1 or any(len(result.message) > LONGEST_SENTENCE for result in found):
        yield _bullets("Guards that object or warn", [_refusal(result) for result in found], _MOST_REFUSALS)
    for title, sentences in view.lists:
        if sentences:
            yield _bullets(title, [f"- {code(sentence)}" for sentence in sentences], _MOST_SENTENCES)
    for block in provenance_blocks(view.plan) if view.plan is not None else ():
        title, _, rest = block.partition("\n")
        yield "Whose change it is", f"### Whose change it is\n\n{fenced([in_columns(f'  {title}'), in_columns(rest)])}"
    for block in waiver_blocks(view.plan) if view.plan is not None else ():
        title, _, rest = block.partition("\n")
        yield "Waivers", f"### Waivers\n\n{fenced([in_columns(f'  {title}'), in_columns(rest)])}"
    if found_there := view.context.diagnostics:
        lines = [_diagnostic(one) for one in found_there]
        yield _bullets(f"Manifests: {totals_of(found_there)}", lines, _MOST_SENTENCES)


def _bullets(title: str, lines: Sequence[str], most: int) -> tuple[str, str]:
    more = [f"- and {len(lines) - most:,} more"] if len(lines) > most else []
    return title, "\n".join([f"### {title}", "", *lines[:most], *more])


def _diagnostic(found: Diagnostic) -> str:
    place = f" {code(str(found.span))}" if found.span else ""
    return f"- **{found.severity}** {found.code.id}{place}: {code(found.detail or found.code.summary)}"


def _refusal(result: GuardResult) -> str:
    step = f" → {code(result.next_step)}" if result.next_step else ""
    return f"- **{word_of(result)}** {code(result.guard)}: {code(result.message)}{step}"


def _section(part: Fitted) -> Iterator[str]:
    count = sum(item.count for item in part.section.items)
    title = f"{part.section.danger} ({count:,})"
    counted = [f"  {line}" for line in part.counted]
    if counted:
        counted.insert(0, "  not listed here:" if part.shown else "  counted:")
    body = fenced([*part.shown, *(["\n".join(map(in_columns, counted))] if counted else [])])
    if part.section.danger in _OPEN:
        yield f"### {title}"
        yield body
    else:
        yield _folded(title, body)


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _block(item: ReportItem, view: PlanView) -> str:
    return in_columns("\n\n".join(blocks(item, view, plain, verbose=False)))


def _after(view: PlanView) -> Iterator[tuple[str, str]]:
    """The parts after the changes, each with its title, the most useful ones first."""
    if view.traffic:
        title, _, text = traffic_text(view.traffic, most=_MOST_EFFECTS).partition("\n")
        yield title, f"### {title}\n\n{fenced([in_columns(text)])}"
    if view.verdicts:
        rows = "\n".join(f"| {' | '.join(_cells(result))} |" for result in view.verdicts if _is_row(result))
        head = f"| {' | '.join(HEADINGS)} |\n|---|---|---:|---:|"
        yield "Guards", _folded("Guards", f"{head}\n{rows}")
    if view.drift:
        title = f"Drift ({len(view.drift):,})"
        yield title, _folded(title, fenced([in_columns(drift_text(view.drift))]))
    if view.context.sim_drift:
        title = f"Drift of {sims(len(view.context.sim_drift))}"
        yield title, _folded(title, fenced([in_columns("\n".join(drift_of_sims(view.context.sim_drift)))]))
    if view.plan is not None and view.plan.unmanaged:
        title = f"Unmanaged ({len(view.plan.unmanaged):,})"
        yield title, _folded(title, fenced([in_columns(unmanaged_text(view.plan, plain))]))
    if view.plan is not None:
        yield "Totals", fenced([in_columns(summary(view.plan))])


def _is_row(result: GuardResult) -> bool:
    return result.measured is not None or result.verdict is not Verdict.PASS


def _cells(result: GuardResult) -> Iterator[str]:
    guard, word, number, limit = row_of(result)
    # A cell ends at a bar, also in a code span.
    yield code(guard.replace("|", "¦"))
    yield from (f"**{word}**" if result.verdict is Verdict.DENY else word, number, limit)


def _cut(view: PlanView, left_out: int, missed: Sequence[str], limit: int) -> str:
    counted = f"{left_out:,} of {view.answers.changes:,} changes are counted only" if left_out else ""
    parts = f"left out: {', '.join(missed)}" if missed else ""
    return f"**Cut at {limit:,} bytes**: {'; '.join(filter(None, (counted, parts)))}. The JSON of the plan has all."
