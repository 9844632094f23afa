"""
What the YAML parser complains about, in plain words: what is wrong, where it began, and what to write instead.

The parser names the place where it noticed, which is often not the place of the mistake: a quote that was never closed
is noticed at the end of the file. So each complaint is read together with the text around it. The words of the parser
are told apart here and nowhere else; a complaint that is not known is passed on in its own words.
"""

import re
from collections.abc import Callable

from reconciler.diagnostics import (
    BAD_INDENTATION,
    DIRECTIVE,
    NEEDS_QUOTES,
    SYNTAX_ERROR,
    TAB_INDENTATION,
    TAG,
    UNCLOSED,
    Code,
    Diagnostic,
    Related,
)
from reconciler.manifests.yaml_quotes import (
    anchor_or_alias,
    bad_escape,
    quotation,
    quote_it,
    runaway_quote,
    unclosed_quote,
    value_from,
)
from reconciler.manifests.yaml_scene import Complaint, Place, Scene

_CLOSING = {"[": "]", "{": "}"}
_FIELD = re.compile(
    r"""^\s*(?:- +)*+(?P<key>"[^"]*"\s*|'[^']*'\s*|[^\s"'\[\]{},#&*!|>@`%-][^:#]*?|-[^\s:#][^:#]*?):(?=\s|$)"""
)
_NO_SPACE = re.compile(r"^\s*(?:- +)*+(?P<key>[A-Za-z_][\w./-]*):(?P<value>[^\s:/][^:]*)$")
_INDENTATION = re.compile(r"\s*")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")


def explained(complaint: Complaint, scene: Scene) -> Diagnostic:
    """The complaint as a diagnostic with code, span, detail and hint."""
    explain = _BY_PROBLEM.get(complaint.problem, _other)
    if complaint.context.startswith("while scanning a tag") or complaint.context.startswith("while parsing a tag"):
        explain = _tag
    elif "directive" in complaint.context:
        explain = _directive
    return _odd_indentation(complaint, scene) or runaway_quote(complaint, scene) or explain(complaint, scene)


def _odd_indentation(complaint: Complaint, scene: Scene) -> Diagnostic | None:
    """A line that looks indented and is not: it begins with a space that is none to YAML, as web pages have them."""
    line = complaint.noticed.line
    for number in (line, scene.content_line_before(line)):
        indentation = _INDENTATION.match(scene.line(-1 if number is None else number))
        if number is not None and indentation and (odd := indentation[0].lstrip(" \t")):
            column = len(indentation[0]) - len(odd)
            detail = f"Line {scene.number(number)} is indented with U+{ord(odd[0]):04X}, which only looks like a space."
            hint = "Delete the indentation of the line and type it again with spaces."
            return Diagnostic(BAD_INDENTATION, detail, hint, span=scene.span(Place(number, column), len(odd)))
    return None


def _unexpected_character(complaint: Complaint, scene: Scene) -> Diagnostic:
    mark = complaint.noticed
    character = scene.after(mark)[:1]
    if character == "\t":
        return _tab(complaint, scene)
    if not character:
        return _other(complaint, scene)
    detail = f"A key or value that is not in quotes cannot begin with {quotation(character)}."
    hint = quote_it(scene.after(mark), scene.before(mark))
    if scene.before(mark).endswith("{") and character == "%":
        hint = "Text templates are not expanded here. If text was meant, put the whole value into quotes."
    length = len(value_from(scene.after(mark)))
    return Diagnostic(NEEDS_QUOTES, detail, hint, span=scene.span(mark, length))


def _tab(complaint: Complaint, scene: Scene) -> Diagnostic:
    mark = complaint.noticed
    if scene.before(mark).strip():
        detail = "A tab stands where YAML expects a space."
    else:
        detail = f"Line {scene.number(mark.line)} is indented with a tab, which has no fixed width."
    hint = "Replace the tab by spaces, two for each level."
    return Diagnostic(TAB_INDENTATION, detail, hint, span=scene.span(mark))


def _second_colon(complaint: Complaint, scene: Scene) -> Diagnostic:
    """A colon where no key can end: in a value, or after lines that were taken for one value."""
    mark = complaint.noticed
    line = scene.line(mark.line)
    field = _FIELD.match(line)
    if field and field.end() <= mark.column:
        begin = len(line) - len(line[field.end() :].lstrip())
        detail = "The value holds a colon followed by a space, which would begin another field on the same line."
        value = Place(mark.line, begin)
        hint = quote_it(line[begin:], line[:begin])
        return Diagnostic(NEEDS_QUOTES, detail, hint, span=scene.span(value, len(value_from(line[begin:]))))
    earlier = scene.content_line_before(mark.line)
    if earlier is None:
        detail = "A colon stands where no key can come before it."
        hint = "Write `key: value`, or put the value into quotes if the colon belongs to a text."
        return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(mark))
    if not _FIELD.match(scene.line(earlier)):
        return _no_colon(earlier, scene)
    key = Place(mark.line, len(line) - len(line.lstrip()))
    detail = (
        f"{quotation(line[key.column : mark.column])} is indented as if it belonged to line {scene.number(earlier)},"
        " which has a value already."
    )
    above = len(scene.line(earlier)) - len(scene.line(earlier).lstrip())
    hint = (
        f"Start it in column {above + 1} if it stands beside that field; remove the value there if it is a part of it. "
        "A text of several lines goes into quotes."
    )
    return Diagnostic(BAD_INDENTATION, detail, hint, span=scene.span(key, mark.column - key.column))


def _no_colon(line: int, scene: Scene) -> Diagnostic:
    """A line that should be a field, and has no colon, or no space after it."""
    text = scene.line(line)
    begin = Place(line, len(text) - len(text.lstrip()))
    length = len(text.strip())
    if _CONFLICT.match(text):
        detail = f"Line {scene.number(line)} is the mark of a merge conflict."
        return Diagnostic(
            SYNTAX_ERROR, detail, "Resolve the conflict and remove its marks.", span=scene.span(begin, length)
        )
    if match := _NO_SPACE.match(text):
        detail = f"There is no space after the colon of {quotation(match['key'])}, so the line is no field."
        hint = f"Write a space after the colon: `{match['key']}: …`."
        return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(begin, length))
    detail = f"Line {scene.number(line)} has no colon, so it is no field."
    hint = "Write `key: value`, or `key:` if its fields follow below. Put a long text into quotes."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(begin, length))


def _no_colon_found(complaint: Complaint, scene: Scene) -> Diagnostic:
    return _no_colon(complaint.began.line, scene)


def _flow(complaint: Complaint, scene: Scene) -> Diagnostic:
    """A list or mapping in brackets that does not go on as it should."""
    opened, mark = complaint.began, complaint.noticed
    bracket = scene.after(opened)[:1] or "["
    closing = _CLOSING.get(bracket, "]")
    found = scene.after(mark).strip()
    if found[:1] in _CLOSING.values() and found:
        detail = f"`{bracket}` is closed with `{found[0]}`."
        place = Related("It is opened here.", scene.span(opened))
        return Diagnostic(UNCLOSED, detail, f"Close it with `{closing}`.", span=scene.span(mark), related=(place,))
    if not found or mark.line > opened.line:
        detail = f"`{bracket}` is opened here and not closed, or a comma is missing between its items."
        seen = (Related("It was noticed here.", scene.span(mark)),) if found else ()
        hint = f"Add `{closing}` at the end of the value, and a comma between items."
        return Diagnostic(UNCLOSED, detail, hint, span=scene.span(opened), related=seen)
    detail = f"Between `{bracket}` and `{closing}` a comma is missing before this."
    hint = "Separate items by commas, and put values that hold commas, colons, quotes or brackets into quotes."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(mark))


def _colon_in_brackets(complaint: Complaint, scene: Scene) -> Diagnostic:
    detail = "In brackets, a value that is not in quotes cannot hold a colon before a comma or a bracket."
    hint = "Put the value into quotes, or write a space and a value after the colon."
    return Diagnostic(NEEDS_QUOTES, detail, hint, span=scene.span(complaint.noticed))


def _no_content(complaint: Complaint, scene: Scene) -> Diagnostic:
    mark = complaint.noticed
    character = scene.after(mark)[:1]
    opened = scene.last_opened(mark)
    is_open = complaint.context == "while parsing a flow node" and character != ","
    if opened is not None and (is_open or scene.content_line_after(mark) is None):
        return _flow(Complaint("", mark, "", opened), scene)
    if character == ",":
        detail, hint = "A value is missing before the comma.", 'Remove the comma, or write "" for an empty text.'
    elif character in _CLOSING.values() and character:
        detail = f"`{character}` closes nothing that was opened here."
        hint = f'Remove it, or put the value into quotes: "{character}".'
    else:
        detail, hint = "A value is expected here.", "Write the value, or null to say that there is none."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(mark))


def _misplaced(complaint: Complaint, scene: Scene) -> Diagnostic:
    """Something follows where a field, an item or the end of the document was expected."""
    mark = complaint.noticed
    before, rest = scene.before(mark), scene.after(mark)
    if before.strip():
        if rest[:1] in "]}" and rest:
            detail = f"There is a closing `{rest[0]}` too many."
            return Diagnostic(SYNTAX_ERROR, detail, "Remove it, or open it first.", span=scene.span(mark))
        after = "the closing quote" if before.rstrip()[-1:] in "\"'" else "the end of the value"
        detail = f"After {after} something else follows on the line."
        hint = "Put the whole value into quotes, and check the quotes of the lines above: one of them may be missing."
        return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(mark, len(value_from(rest))))
    begun = complaint.context_mark
    what = "a list item" if rest.startswith("- ") else "this line"
    if begun is None:
        detail = f"The document has ended before {what}, or {what} is indented less than the first line."
        hint = "Start all fields of a mapping in the same column, and each new document with a line `---`."
        return Diagnostic(BAD_INDENTATION, detail, hint, span=scene.span(mark, len(rest.rstrip())))
    detail = (
        f"{what.capitalize()} starts in column {mark.column + 1}, which fits none of the lines above: "
        f"what it would belong to starts in column {begun.column + 1}."
    )
    hint = f"Indent it as the line that it belongs with; in column {begun.column + 1} it belongs to what begins there."
    if rest.startswith("- ") and begun.column == mark.column:
        detail = "A list item stands where a field is expected."
        hint = "Give the list a key of its own, or indent it below the field that it belongs to."
    elif begun.column == mark.column:
        detail = "A field stands where a list item is expected."
        hint = "Begin the item with `- `, or indent the field below the item that it belongs to."
    place = Related("That begins here.", scene.span(begun))
    return Diagnostic(BAD_INDENTATION, detail, hint, span=scene.span(mark, len(rest.rstrip())), related=(place,))


def _list_on_key_line(complaint: Complaint, scene: Scene) -> Diagnostic:
    mark = complaint.noticed
    if not scene.before(mark).strip():
        return _misplaced(Complaint(complaint.problem, complaint.problem_mark, "", None), scene)
    detail = "A list or mapping in block form cannot begin on the line of its key."
    hint = "Begin it on the next line, or put the value into quotes if text was meant."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(mark, len(scene.after(mark).rstrip())))


def _tag(complaint: Complaint, scene: Scene) -> Diagnostic:
    mark = complaint.began
    rest = scene.after(mark)
    length = len(rest.split(maxsplit=1)[0]) if rest.strip() else 1
    detail = "A value that begins with `!` and is not in quotes has a tag, and tags are not read."
    hint = "Remove the tag. If text was meant, put it into quotes."
    return Diagnostic(TAG, detail, hint, span=scene.span(mark, length))


def _directive(complaint: Complaint, scene: Scene) -> Diagnostic:
    mark = Place(complaint.began.line, 0)
    detail = "A line that begins with `%` is a directive, and this one is not read."
    hint = "Remove the line; of directives only `%YAML 1.1` and `%YAML 1.2` are accepted."
    return Diagnostic(DIRECTIVE, detail, hint, span=scene.span(mark, len(scene.line(mark.line).rstrip())))


def _block_text(complaint: Complaint, scene: Scene) -> Diagnostic:
    mark = complaint.noticed
    detail = "After `|` or `>` only `-`, `+` or a digit from 1 to 9 may follow on the line."
    hint = "Begin the text on the next line, indented, or put the value into quotes."
    return Diagnostic(SYNTAX_ERROR, detail, hint, span=scene.span(mark))


def _other(complaint: Complaint, scene: Scene) -> Diagnostic:
    context = f" {complaint.context}" if complaint.context else ""
    detail = f"The parser {complaint.problem or 'found something unexpected'}{context}."
    hint = "Check quotes, brackets and indentation here and on the line above."
    return Diagnostic(_code_of_other(complaint), detail, hint, span=scene.span(complaint.noticed))


def _code_of_other(complaint: Complaint) -> Code:
    return UNCLOSED if "end of stream" in complaint.problem else SYNTAX_ERROR


_BY_PROBLEM: dict[str, Callable[[Complaint, Scene], Diagnostic]] = {
    "found character that cannot start any token": _unexpected_character,
    "found a tab character where an indentation space is expected": _tab,
    "found a tab character that violates indentation": _tab,
    "did not find expected alphabetic or numeric character": anchor_or_alias,
    "found unexpected end of stream": unclosed_quote,
    "found unexpected document indicator": unclosed_quote,
    "found unknown escape character": bad_escape,
    "did not find expected hexdecimal number": bad_escape,
    "found invalid Unicode character escape code": bad_escape,
    "mapping values are not allowed in this context": _second_colon,
    "could not find expected ':'": _no_colon_found,
    "did not find expected ',' or ']'": _flow,
    "did not find expected ',' or '}'": _flow,
    "found unexpected ':'": _colon_in_brackets,
    "did not find expected node content": _no_content,
    "did not find expected key": _misplaced,
    "did not find expected '-' indicator": _misplaced,
    "did not find expected <document start>": _misplaced,
    "block sequence entries are not allowed in this context": _list_on_key_line,
    "mapping keys are not allowed in this context": _list_on_key_line,
    "found undefined tag handle": _tag,
    "found incompatible YAML document": _directive,
    "found duplicate %YAML directive": _directive,
    "found duplicate %TAG directive": _directive,
    "found an indentation indicator equal to 0": _block_text,
    "did not find expected comment or line break": _block_text,
}
