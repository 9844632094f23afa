"""
The catalogue of codes: one table, so that numbers and summaries do not overlap.

Length: one table, an entry for each code.
"""

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.diagnostics.finding import DiagnosticCode, Severity


def _error(number: str, summary: str, explanation: str) -> DiagnosticCode:
    return DiagnosticCode(number, summary, Severity.ERROR, explanation)


def _warning(number: str, summary: str, explanation: str) -> DiagnosticCode:
    return DiagnosticCode(number, summary, Severity.WARNING, explanation)


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
    "The text holds a control character",
    "Control characters cannot be seen and change how a terminal shows a plan, so they are refused, written as "
    "themselves or as an escape such as `\\e`. Delete the character; a value may hold tabs and line breaks only.",
)
INVISIBLE_CHARACTER = _error(
    "R104",
    "The text holds an invisible character",
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
NOTHING_DECLARED = _error(
    "R130",
    "Nothing is declared in what was named",
    "A file, a folder or standard input that was named with --file holds no manifest: a generator that failed, a path "
    "that matches nothing, a file of comments. Look at the source of the manifests, then run again.",
)
RESERVED_FILE = _error(
    "R131",
    "The file is not read for a manifest",
    "Errors quote what they are about, so a manifest names neither files below a name that begins with a dot, nor the "
    "store, the token or another secret of the caller, nor files that are called like no manifest and no file of SIMs.",
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
    "`reconciler.yaml` describes the estate as a whole: name, account type, paths of manifests, scope, store, "
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

INVALID_POLICY = _error("R219", "Invalid policy", "A policy holds the limits and secrets that the caller allows.")

OUT_OF_SCOPE = _error(
    "R220",
    "A declaration is outside of the scope of its estate",
    "`spec.scope` in `reconciler.yaml` says what the estate may own. Nothing outside of it is created, adopted, edited "
    "or deleted, so nothing outside of it is declared here.",
)

VALUE_REFUSED = _error(
    "R221",
    "The platform does not offer this value",
    "The value is neither in the platform's own list, nor live in this field of this object. `reconciler catalogue` "
    "prints the lists of the account.",
)
VALUE_DOUBTFUL = _warning(
    "R222",
    "The platform probably does not offer this value",
    "The value is not in the list that was last seen, or lacks the form that such a value has. `reconciler catalogue` "
    "reads the lists again; `plan` refuses the value unless it is live in this field of this object.",
)
INVALID_TEMPLATE = _error(
    "R240",
    "The template is not valid",
    "A template is checked as a whole when it is loaded, before any division uses it. The detail says which part of it "
    "is wrong, and all of its mistakes are reported in one run.",
)
INVALID_EXPRESSION = _error(
    "R241",
    "The expression is not valid",
    "An expression is checked against the types of the parameters, loop variables and other resources, and against the "
    "field that it feeds. The detail names the mistake and the field.",
)
INVALID_DIVISION = _error(
    "R242",
    "The division is not valid",
    "A division names a template with its version, gives values for its parameters, and may patch what the template "
    "makes. The detail says which of it is wrong.",
)
LAYER_WITHOUT_EFFECT = _warning(
    "R243",
    "A layer changes nothing",
    "A layer of parameters, or a patch, gives the values that are there without it. Remove it, or correct what it was "
    "meant to change.",
)

# --- the catalogue: every code above, by its number -------------------------------------------------------------------
_CODES = [value for value in globals().values() if isinstance(value, DiagnosticCode)]
CODES: Mapping[str, DiagnosticCode] = MappingProxyType({code.id: code for code in sorted(_CODES, key=lambda c: c.id)})
