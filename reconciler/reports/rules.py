"""The rule book as text: one number for `explain`, the whole book for its page."""

from collections.abc import Iterator

from reconciler.rulebook import FAMILIES, Entry, entries


def explained(entry: Entry) -> str:
    """A rule, what follows from it, and where it is kept."""
    lines = [f"{entry.number} · {FAMILIES[entry.family]}", f"  {entry.rule}"]
    if entry.meaning:
        lines.append(f"  {entry.meaning}")
    return "\n".join([*lines, f"  Kept by {_keepers(entry)}."])


def page() -> str:
    """The whole book in Markdown, a section for each family; codes lead to their own page."""
    lines = [
        "# Rules",
        "",
        "Messages and plans cite rules by number; `reconciler explain NUMBER` prints one. The numbers are stable.",
    ]
    for family, title in FAMILIES.items():
        lines += ["", f"## {family}: {title}", "", *_rows(family)]
    return "\n".join(lines)


def _rows(family: str) -> Iterator[str]:
    found = [entry for entry in entries().values() if entry.family == family]
    if family == "R":
        yield "Causes and fixes: [error codes](errors.md)."
        yield ""
        yield "| number | meaning |"
        yield "|---|---|"
        yield from (f"| {entry.number} | {entry.rule} |" for entry in found)
        return
    yield "| number | rule | kept by |"
    yield "|---|---|---|"
    for entry in found:
        text = f"{entry.rule} {entry.meaning}".strip().replace("|", "\\|")
        yield f"| {entry.number} | {text} | {_keepers(entry)} |"


def _keepers(entry: Entry) -> str:
    return "; ".join(entry.keepers)
