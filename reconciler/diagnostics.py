"""
What can be wrong with what a user wrote: codes, diagnostics, and the nearest name that was perhaps meant.

A diagnostic speaks of an address and a path; `located` turns those into places in files. The summary of a code is fixed
text, so that a list of findings can be grouped and searched; what is particular to one finding is in its detail.

Length: the catalogue of codes is one table, and is easier to keep free of overlaps in one place.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from heapq import nsmallest
from types import MappingProxyType

from reconciler.positions import Origins, Path, Span


class Severity(StrEnum):
    """Whether a finding stops the run (error) or is only said (warning)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    """
    One sort of mistake.

    | family | what is wrong                    |
    |--------|----------------------------------|
    | R1xx   | files and YAML                   |
    | R2xx   | the meaning of a manifest        |
    | R3xx   | the plan, or a guard refused it  |
    | R4xx   | the platform said no             |
    | R9xx   | a bug in reconciler              |

    `summary` is fixed text and never holds what a user wrote. `explanation` says the cause and the fix; the page of
    error codes is made from it.
    """

    id: str
    summary: str
    severity: Severity
    explanation: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding: the first of two duplicates, a step of a cycle."""

    message: str
    span: Span | None = None
    address: str | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """
    One thing that is wrong with the input.

    `detail` is full sentences for this finding, `hint` what to do about it. `path` is a path in the document of
    `address`; `at_key` says that the key there is what is wrong, not its value. `span` is set where the place is known
    without an address, and otherwise by `located`. `rule` is the number of a domain rule (D-16).
    """

    code: Code
    detail: str
    hint: str | None = None
    address: str | None = None
    path: Path = ()
    at_key: bool = False
    span: Span | None = None
    related: tuple[Related, ...] = ()
    rule: str | None = None

    def __post_init__(self) -> None:
        # Sentences quote what a user wrote, and nothing in that may begin a line of its own (S21).
        for name in ("detail", "hint"):
            if (text := getattr(self, name)) is not None and _CONTROL.search(text):
                object.__setattr__(self, name, one_line(text))

    @property
    def severity(self) -> Severity:
        """The severity of the code."""
        return self.code.severity


SECRET_NAME = re.compile(
    r"password|passw|secret|token|credential|preshared|private_?key|api_?key|psk|activation_?code", re.IGNORECASE
)
"""Names of fields whose values are never shown, not in an excerpt of the source either (S10)."""


def located(diagnostics: Iterable[Diagnostic], origins: Origins) -> list[Diagnostic]:
    """
    The diagnostics with their places, in the order of files and lines, each once.

    A span that is set stays. What has no place in any file comes last, in the order of addresses.
    """
    # By address: the marks of a document are made from its text when they are first needed, and few are kept.
    by_address = sorted(diagnostics, key=lambda found: found.address or "")
    placed = dict.fromkeys(_placed(found, origins) for found in by_address)
    return sorted(placed, key=_order)


def _placed(found: Diagnostic, origins: Origins) -> Diagnostic:
    span = found.span
    if span is None and found.address is not None:
        span = origins.span(found.address, found.path, key=found.at_key)
    related = tuple(
        replace(place, span=origins.span(place.address, place.path))
        if place.span is None and place.address is not None
        else place
        for place in found.related
    )
    if span == found.span and related == found.related:
        return found
    return replace(found, span=span, related=related)


def _order(found: Diagnostic) -> tuple[bool, str, int, int, str, str, str, str]:
    span = found.span
    file, line, column = (span.file, span.line, span.column) if span else ("", 0, 0)
    return span is None, file, line, column, found.code.id, found.address or "", found.detail, repr(found.path)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    r"""The text with control characters and line breaks as escapes (``\n``), so that it stays one line of a report."""
    return _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


def with_article(noun: str) -> str:
    """The noun behind its indefinite article: ``a VSlice``, ``an EdgeService``."""
    return f"{'an' if noun[:1] in set('AEIOaeio') else 'a'} {noun}"


# Names are at most 30 characters; anything much longer is no misspelling of one.
_LONGEST_WORD = 64
# Of very many names, only those with the most letters in common are compared letter by letter.
_MOST_COMPARED = 100


def nearest(word: str, known: Iterable[str]) -> str | None:
    """
    The name that was most likely meant, for "did you mean": the nearest by edit distance, never just a near one.

    The distance is that of Damerau and Levenshtein (insert, delete, replace, swap two neighbours). A name counts as
    near when at most a third of the word's characters, and at least one, would have to change; of several that are
    equally near, the alphabetically first. Only if none is near, upper and lower case are taken as the same. A word
    of more than 64 characters has no nearest name.
    """
    if not word or len(word) > _LONGEST_WORD:
        return None
    return _nearest(word, frozenset(known))


# One name that is gone is often missed by thousands of references.
@lru_cache(maxsize=1024)
def _nearest(word: str, known: frozenset[str]) -> str | None:
    names = sorted(name for name in known if 0 < len(name) <= _LONGEST_WORD)
    found = _nearest_of(word, ((name, name) for name in names))
    folded = [(name.casefold(), name) for name in names]
    if found or (word == word.casefold() and all(form == name for form, name in folded)):
        return found
    return _nearest_of(word.casefold(), folded)


def _nearest_of(word: str, names: Iterable[tuple[str, str]]) -> str | None:
    """Of pairs (form to compare, name), the name whose form is nearest; of several, the alphabetically first."""
    letters = Counter(word)
    limit = max(1, len(word) // 3)
    likely = []
    for form, name in names:
        # What one has and the other has not is a lower bound of the distance that costs little: most names end here.
        longer = len(form) - len(word)
        if abs(longer) > limit:
            continue
        missing = sum(max(0, count - form.count(letter)) for letter, count in letters.items())
        if (least := max(missing, missing + longer)) <= limit:
            likely.append((least, name, form))
    best: tuple[int, str] | None = None
    for least, name, form in nsmallest(_MOST_COMPARED, likely):
        if best is not None and least > best[0]:
            break
        distance = _distance(word, form, limit)
        if distance <= limit and (best is None or (distance, name) < best):
            best = (distance, name)
            limit = distance
    return best[1] if best else None


def _distance(first: str, second: str, limit: int) -> int:
    """The Damerau-Levenshtein distance, or any number above `limit` if it is greater than that."""
    start = 0
    shorter = min(len(first), len(second))
    while start < shorter and first[start] == second[start]:
        start += 1
    end = 0
    while end < shorter - start and first[-1 - end] == second[-1 - end]:
        end += 1
    first, second = first[start : len(first) - end], second[start : len(second) - end]
    height, width = len(first), len(second)
    # rows[i][j] is the distance of the first i characters from the first j.
    rows = [list(range(width + 1))]
    last_row: dict[str, int] = {}
    for i in range(1, height + 1):
        row = [i]
        above = rows[i - 1]
        last_column = 0
        for j in range(1, width + 1):
            same = first[i - 1] == second[j - 1]
            cost = min(above[j - 1] + (not same), above[j] + 1, row[j - 1] + 1)
            k = last_row.get(second[j - 1], 0)
            if k and last_column:
                cost = min(cost, rows[k - 1][last_column - 1] + (i - k - 1) + 1 + (j - last_column - 1))
            if same:
                last_column = j
            row.append(cost)
        # No later row is cheaper than the cheapest cell of this one, with or without a swap across it.
        if min(row) > limit:
            return limit + 1
        rows.append(row)
        last_row[first[i - 1]] = i
    return rows[height][width]


def _error(number: str, summary: str, explanation: str) -> Code:
    return Code(number, summary, Severity.ERROR, explanation)


def _warning(number: str, summary: str, explanation: str) -> Code:
    return Code(number, summary, Severity.WARNING, explanation)


# --- R1xx: files and YAML ---------------------------------------------------------------------------------------------
NOT_UTF8 = _error(
    "R101",
    "The file is not UTF-8 text",
    "Manifests are UTF-8, with or without a byte order mark. Save the file as UTF-8 in the editor, or convert it: "
    "`iconv -f utf-16 -t utf-8 old.yaml > new.yaml`.",
)
BINARY_FILE = _error(
    "R102",
    "The file is not text",
    "The file holds what no text holds, such as NUL bytes. Name a YAML file instead, or move this one out of the "
    "folder of manifests.",
)
CONTROL_CHARACTER = _error(
    "R103",
    "A control character stands in the text",
    "Control characters cannot be seen and change how a terminal shows a plan, so they are refused, written as "
    "themselves or as an escape such as `\\e`. Delete the character; a value may hold tabs and line breaks only.",
)
INVISIBLE_CHARACTER = _error(
    "R104",
    "An invisible character stands in the text",
    "Zero-width characters and those that turn the direction of writing make two different texts look alike to a "
    "reviewer. They usually come from copying out of a web page or a document. Delete the character, or type the "
    "line again.",
)
FILE_TOO_LARGE = _error(
    "R105",
    "The file is too large",
    "A manifest file has at most 5 MiB. Split it into several files, or give the members of an EndpointSet in a "
    "CSV file.",
)
SYNTAX_ERROR = _error(
    "R106",
    "This is not valid YAML",
    "The text cannot be read as YAML. The detail says what was expected; the cause is often one line higher.",
)
BAD_INDENTATION = _error(
    "R107",
    "The indentation does not fit",
    "Fields of one mapping, and items of one list, start in the same column; what belongs to a field is indented more "
    "than the field. Indent with spaces, two for each level.",
)
TAB_INDENTATION = _error(
    "R108",
    "A tab is used for indentation",
    "YAML is indented with spaces: a tab has no fixed width. Replace it by two spaces for each level; most "
    "editors do so with `Convert Indentation to Spaces`.",
)
UNCLOSED = _error(
    "R109",
    "A quote or bracket is not closed",
    "A quoted text ends with the quote that it began with, a list with `]` and a mapping with `}`. Add what is "
    "missing at the end of the value. Inside a single-quoted text a quote is written twice, inside a "
    'double-quoted one as `\\"`.',
)
NEEDS_QUOTES = _error(
    "R110",
    "The value needs quotes",
    "Some characters have a meaning of their own in YAML, such as `*`, `&`, `@`, `%` and a backtick at the start of a "
    'value, and a colon followed by a space inside it. Put the whole value into quotes: `apnPattern: "*.fleet.flex"`.',
)
BAD_ESCAPE = _error(
    "R111",
    "The escape in the quoted text is unknown",
    "In double quotes a backslash begins an escape such as `\\n`. Write the backslash twice, or use single quotes, "
    "in which a backslash is a backslash.",
)
DUPLICATE_KEY = _error(
    "R112",
    "A key is given twice",
    "A mapping has each key once; most readers of YAML would silently keep the last one. Remove one of the two.",
)
ANCHOR_OR_ALIAS = _error(
    "R113",
    "Anchors and aliases are not read",
    "An anchor (`&name`) and its alias (`*name`) make a value depend on another place, and a small file "
    "unboundedly large. Write the value out, or use a Template. If text was meant, put it into quotes.",
)
MERGE_KEY = _error(
    "R114",
    "Merge keys are not read",
    "`<<` copies fields from elsewhere. Write the fields out, or use a Template with a Division.",
)
TAG = _error(
    "R115",
    "Tags are not read",
    "A tag (`!!str`, `!Ref`) says of what type a value is; here the field says so. Remove the tag. If text was "
    "meant, put the value into quotes.",
)
KEY_NOT_TEXT = _error(
    "R116",
    "The key is not text",
    "A key is a word, not a list, a mapping or null. A value in double braces (`{{ … }}`) is a mapping as a key, too: "
    "text templates are not expanded here.",
)
DIRECTIVE = _error(
    "R117",
    "The directive is not read",
    "Lines that begin with `%` before a document are directives. `%YAML 1.1` and `%YAML 1.2` are accepted; tags "
    "cannot be declared. Remove the line.",
)
TOO_DEEP = _error(
    "R118",
    "The document is nested too deeply",
    "Values are nested at most 32 deep; no manifest needs more than ten. Look for brackets that were opened by "
    "mistake.",
)
TOO_MANY_NODES = _error(
    "R119",
    "The document is too large",
    "A document has at most 200,000 keys and values. Split it, or give the members of an EndpointSet in a CSV file.",
)
SCALAR_TOO_LONG = _error(
    "R120",
    "The value is too long",
    "One value has at most 64 KiB. Look for a quote that is not closed where it should be.",
)
FILE_NOT_FOUND = _error(
    "R121",
    "There is no such file",
    "A path that was named on the command line or in `reconciler.yaml` does not exist. Paths are relative to the "
    "root of the estate, the folder that holds `reconciler.yaml`.",
)
FILE_UNREADABLE = _error(
    "R122",
    "The file cannot be read",
    "The operating system refused to open or read the file. Check its permissions, and those of the folders above it.",
)
OUTSIDE_ROOT = _error(
    "R123",
    "The path leaves the estate",
    "Files are named relative to the root of the estate and lie below it: no absolute path, no `..`, no `~`, no "
    "variables. Move the file into the estate, or choose the estate with `--chdir`.",
)
SYMBOLIC_LINK = _error(
    "R124",
    "Symbolic links are not followed",
    "A link can point anywhere, and elsewhere than in review by the time of apply. Put the file itself in the "
    "link's place.",
)
NOT_A_REGULAR_FILE = _error(
    "R125",
    "This is not a regular file",
    "Pipes, sockets and devices are not read. Name a regular file or a folder; standard input is named `-`.",
)
TOO_MANY_FILES = _error(
    "R126",
    "There are too many files",
    "An estate has at most 2,000 manifest files, unless RECONCILER_MAX_FILES allows more. Name the folders that hold "
    "manifests, or put several documents into one file.",
)
TREE_TOO_LARGE = _error(
    "R127",
    "The manifests are too large",
    "The manifests of an estate have at most 50 MiB together. Give the members of EndpointSets in CSV files, or divide "
    "the estate.",
)
TOO_MANY_PROBLEMS = _error(
    "R128",
    "Too many problems to go on",
    "The file, or one document of it, has so many problems that more of them would not help. Fix those that are "
    "shown, then run again.",
)
TOO_MANY_DOCUMENTS = _error(
    "R129",
    "The file has too many documents",
    "A file has at most 50,000 documents. Split it; many SIMs are better given as one EndpointSet with a CSV file.",
)

# --- R2xx: the meaning of a manifest ----------------------------------------------------------------------------------
UNKNOWN_KIND = _error(
    "R201",
    "Unknown kind",
    "`kind` names what a document describes. Check the spelling; kinds are written like `RoutingPolicy`.",
)
UNKNOWN_FIELD = _error(
    "R202",
    "Unknown field",
    "The kind has no such field at this place. Check the spelling and the indentation; `reconciler schema` lists the "
    "fields of a kind.",
)
UNKNOWN_REFERENCE = _error(
    "R203",
    "Unknown reference",
    "A field names an object that no manifest describes. Check the spelling, add the object, or write "
    "`existing:<moniker>` for one that lives only on the platform.",
)
INVALID_VALUE = _error(
    "R204",
    "Invalid value",
    "The value has the wrong type or form for its field. The detail says what the field takes.",
)
MISSING_FIELD = _error(
    "R205",
    "A required field is missing",
    "The kind cannot do without this field. Add it at the place that is shown.",
)
DUPLICATE_ADDRESS = _error(
    "R206",
    "Two documents describe the same object",
    "Kind and `metadata.name` together name an object, once in all files. Rename or remove one of the two documents.",
)
SECRET_LITERAL = _error(
    "R207",
    "A secret is written out",
    "Manifests are kept in version control, so they hold references to secrets only: `{secretRef: {env: NAME}}` or "
    "`{secretRef: {file: path}}`. Take the secret out, and change it, as it has been seen.",
)
REFERENCE_CYCLE = _error(
    "R208",
    "References form a cycle",
    "Each object of the cycle needs another one of it first, so none can be created. Remove one of the references.",
)
DUPLICATE_ITEM = _error(
    "R209",
    "An item is given twice",
    "The items of this list are told apart by one or more fields, and two items have the same. Remove or change one.",
)
RULE_VIOLATED = _error(
    "R210",
    "A rule of the platform is broken",
    "The platform would refuse this, or the network would not do what the manifest says. The detail names the rule.",
)
RULE_WARNING = _warning(
    "R211",
    "This is allowed, and probably not meant",
    "The platform accepts this, but it rarely does what was wanted. The detail says why.",
)
UNSUPPORTED_API_VERSION = _error(
    "R212",
    "Unsupported apiVersion",
    "`apiVersion` says in which version of the format a document is written. This version of reconciler reads "
    "`reconciler.dev/v1alpha1`.",
)
INVALID_METADATA = _error(
    "R213",
    "Invalid metadata",
    "`metadata` holds a name, labels and annotations, all text. The name of an object on the platform is its "
    "moniker: 5 to 30 characters of a–z, 0–9, `-` and `_`.",
)
INVALID_ESTATE_CONFIGURATION = _error(
    "R214",
    "Invalid estate configuration",
    "`reconciler.yaml` describes the estate as a whole: name, account type, paths of manifests, adoption, store, "
    "limits. The detail says which of it is wrong.",
)
DUPLICATE_MONIKER = _error(
    "R215",
    "Two objects have the same moniker",
    "The platform tells the objects of one kind apart by their moniker. Rename one of the two.",
)
INVALID_ROW = _error(
    "R216",
    "A row of SIMs is not valid",
    "A row of a list or file of SIMs cannot be read: an ICCID that is none, a value that does not fit its column, or a "
    "row that ends too early. The detail says which; nothing is planned before all rows are right.",
)
DUPLICATE_SIM = _error(
    "R217",
    "The same SIM is listed twice",
    "A SIM is in one primary group at a time. Remove one of the two rows that are named.",
)
INVALID_SIM_FILE = _error(
    "R218",
    "A file of SIMs cannot be used",
    "The file is not what the set says: no table, a missing column, another digest, a pointer of Git LFS in place of "
    "the content, or no file at all.",
)

# --- the catalogue: every code above, by its number -------------------------------------------------------------------
CODES: Mapping[str, Code] = MappingProxyType(
    {code.id: code for code in sorted((c for c in globals().values() if isinstance(c, Code)), key=lambda c: c.id)}
)
