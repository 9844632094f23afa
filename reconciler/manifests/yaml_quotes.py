"""
Quotes: those that were forgotten, those that a value needs, and how a value is quoted in a message.

The parser notices a quote that was never closed at the end of the file, and one that is closed too late where the next
value begins. A value is shown only where its field does not sound secret (S10).
"""

import re

from reconciler.diagnostics import BAD_ESCAPE, NEEDS_QUOTES, SECRET_NAME, UNCLOSED, Diagnostic, Related
from reconciler.manifests.yaml_scene import Complaint, Place, Scene

_LONGEST_QUOTATION = 40
_SECRET_FIELD = re.compile(rf"""(?:{SECRET_NAME.pattern})[\w.-]{{0,64}}["']?\s{{0,64}}:""", re.IGNORECASE)
# A quote where a value or key begins: behind a colon, dash, comma or bracket, or first on its line.
_OPENING = re.compile(r"""(?:^\s*|[:,?-]\s+|[\[{]\s*)(?P<quote>["'])""")
_QUOTE_LINES = 2_000


def quotation(text: str) -> str:
    """A piece of the source in backticks, short enough for a sentence."""
    text = text.strip()
    return f"`{text[:_LONGEST_QUOTATION]}…`" if len(text) > _LONGEST_QUOTATION else f"`{text}`"


def holds_secret(before: str) -> bool:
    """Whether what stands before a value on its line names a field whose value is not to be shown (S10)."""
    return _SECRET_FIELD.search(before) is not None


def in_quotes(text: str) -> str:
    """A text as a quoted value of YAML."""
    if "\\" in text or '"' in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def value_from(rest: str) -> str:
    """An unquoted value, given the line from its first character on: without comment."""
    return re.split(r"\s+#", rest, maxsplit=1)[0].strip()


def quote_it(rest: str, before: str) -> str:
    """The advice to quote a value; it shows how, unless the field holds a secret."""
    value = value_from(rest)
    field = before.strip()
    if not value or len(value) > _LONGEST_QUOTATION or holds_secret(before):
        return "If text is meant, quote it: put the whole value into quotes."
    if "[" in field or "{" in field or field.endswith(","):
        value = re.split(r"[,\]}]", value, maxsplit=1)[0].strip() or value
        field = ""
    return f"If text is meant, quote it: {field + ' ' if field else ''}{in_quotes(value)}"


def runaway_quote(complaint: Complaint, scene: Scene) -> Diagnostic | None:
    """
    A quote that was forgotten at the end of its value, so that the next quote, which opens another value, ends it.

    The parser notices behind that other quote. It is taken for a runaway only if the second quote stands where a value
    begins: a text that is meant to go over several lines ends with a quote behind its last word.
    """
    mark = complaint.noticed
    if complaint.context.startswith("while scanning a quoted scalar"):
        return None
    openings = [(found["quote"], found.start("quote")) for found in _OPENING.finditer(scene.before(mark))]
    # A text from a line above ends with the first quote of its sort on this line, a text of this line with the last.
    firsts = dict(reversed(openings))
    for quote, column in (*firsts.items(), *openings[-1:]):
        closed = Place(mark.line, column)
        opened = _opened_before(closed, quote, scene)
        if opened is not None:
            detail = f"The quote {quote} that opens here is closed only by the next one, where another value begins."
            place = Related("It is closed here.", scene.span(closed))
            length = len(scene.after(opened).rstrip())
            if opened.line == closed.line:
                length = closed.column - opened.column
            hint = f"Add {quote} at the end of the value that begins here."
            return Diagnostic(UNCLOSED, detail, hint, span=scene.span(opened, length), related=(place,))
    return None


def _opened_before(closed: Place, quote: str, scene: Scene) -> Place | None:
    """The place of a quote that is still open at `closed`, if nothing between the two closes it."""
    for number in range(closed.line, max(-1, closed.line - _QUOTE_LINES), -1):
        text = scene.line(number)
        if number == closed.line:
            text = text[: closed.column]
        # Two single quotes, or a backslash and a quote, are a quote inside of a text.
        bare = text.replace("''", "  ") if quote == "'" else re.sub(r"\\.", "  ", text)
        if quote not in bare:
            continue
        last = bare.rindex(quote)
        opening = any(found.start("quote") == last for found in _OPENING.finditer(bare))
        return Place(number, last) if opening and bare.count(quote) % 2 == 1 else None
    return None


def unclosed_quote(complaint: Complaint, scene: Scene) -> Diagnostic:
    """A quote that nothing closes."""
    mark = complaint.began
    quote = scene.after(mark)[:1] or '"'
    detail = f"The quote {quote} that opens here is never closed."
    hint = f"Add {quote} at the end of the value."
    return Diagnostic(UNCLOSED, detail, hint, span=scene.span(mark, len(scene.after(mark).rstrip())))


def bad_escape(complaint: Complaint, scene: Scene) -> Diagnostic:
    """A backslash in double quotes that begins no escape."""
    mark = complaint.noticed
    written = re.match(r"\\.?", scene.line(mark.line)[mark.column :])
    detail = "In double quotes a backslash begins an escape, and this one is none that YAML knows."
    hint = "Write \\\\ for a backslash, or put the value into single quotes."
    return Diagnostic(BAD_ESCAPE, detail, hint, span=scene.span(mark, len(written[0]) if written else 1))


def anchor_or_alias(complaint: Complaint, scene: Scene) -> Diagnostic:
    """A value that begins with a sign which wants a name behind it, and is to be quoted."""
    mark = complaint.began
    rest = scene.after(mark)
    what = "an alias" if rest.startswith("*") else "an anchor"
    detail = f"A value that begins with `{rest[:1]}` and is not in quotes is {what} in YAML, which needs a name."
    hint = quote_it(rest, scene.before(mark))
    return Diagnostic(NEEDS_QUOTES, detail, hint, span=scene.span(mark, len(value_from(rest))))
