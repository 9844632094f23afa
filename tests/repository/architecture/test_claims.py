"""
A page or a message names only what exists.

Commands, options, guards, kinds, annotations, variables, exit codes, paths, modules, functions, targets of make, links.
"""

import ast
import importlib
import inspect
import pydoc
import re
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FrameType

import click
import pytest
from click.testing import CliRunner

from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.habits import HABITS
from reconciler.cli.main import COMMANDS, cli
from reconciler.kinds import kinds
from reconciler.manifests import metadata
from reconciler.plan.limits import Guard
from tools import docs, schemas

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md"))
    if path.name != "CHANGELOG.md"
)
SOURCES = sorted((ROOT / "reconciler").rglob("*.py"))
# 143 and 129 are of signals, 2 of the shell is one of ours.
CODES = {code.value for code in ExitCode} | {129, 143}
FOLDERS = "docs|reconciler|tests|tools|examples|deploy|schemas|bench|requirements|changelog.d"

# A code span, or a line of a console block that is a command.
_SPAN = re.compile(r"`([^`\n]+)`")
_CONSOLE = re.compile(r"^```(?:console|sh|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|[\s;(])reconciler ([a-z][a-z-]*)((?: +[^ |;&#·`]+)*)")
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+|-[a-zA-Z])(?![\w-])")


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(_text(path))))


@cache
def _messages(path: Path) -> tuple[str, ...]:
    """The texts of a source file, docstrings included: help is made of them. An f-string is its parts, joined."""
    found = []
    for node in _nodes(path):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "VALUE" for part in node.values)
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return tuple(found)


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    """Every page and every text of the product, with the file that it is in."""
    found = [(path, _text(path)) for path in PAGES]
    found += [(path, text) for path in SOURCES for text in _messages(path) if " " in text or "/" in text]
    return tuple((path.relative_to(ROOT).as_posix(), text) for path, text in found)


def _spans(text: str) -> Iterator[str]:
    """The parts of a text in code type: spans, and the lines of console blocks."""
    yield from _SPAN.findall(text)
    for block in _CONSOLE.findall(text):
        yield from block.splitlines()


def _command(name: str, rest: str) -> tuple[click.Command, str]:
    """A command by name, or the command of a group; and its full name."""
    context = docs.program()
    command = cli.get_command(context, name)
    assert command is not None
    words = rest.split()
    if isinstance(command, click.Group) and words and words[0] in command.commands:
        return command.commands[words[0]], f"{name} {words[0]}"
    return command, name


def _options(command: click.Command) -> set[str]:
    own = {text for option in command.params for text in (*option.opts, *option.secondary_opts)}
    if isinstance(command, click.Group):
        own |= {text for inner in command.commands.values() for text in _options(inner)}
    return own | {"--help", "--version", "--debug"}


def wrong_commands(text: str) -> Iterator[str]:
    """Commands that are not there, and options that the command does not have."""
    for span in _spans(text) if "reconciler " in text else ():
        for name, rest in _COMMAND.findall(span):
            if name not in COMMANDS:
                yield f"reconciler {name}"
                continue
            command, full = _command(name, rest)
            yield from (f"{full} {option}" for option in _OPTION.findall(rest) if option not in _options(command))


def wrong_options(text: str) -> Iterator[str]:
    """Options alone in a code span that no command has."""
    for span in _SPAN.findall(text):
        if (found := re.fullmatch(r"(--[a-z][a-z-]+)(?:[ =][^ ]+)?", span)) and found[1] not in _every_option():
            yield span


@cache
def _every_option() -> frozenset[str]:
    ours = {option for name in COMMANDS for option in _options(_command(name, "")[0])}
    of_the_benchmarks = set(_OPTION.findall(_text(ROOT / "bench/__main__.py")))
    of_others = {str(habit.option).partition("=")[0] for habit in HABITS}
    # A page about a decision names an option of another program.
    return frozenset(ours | of_the_benchmarks | of_others | {"--strict"})


def wrong_guards(text: str) -> Iterator[str]:
    """Consents to guards that are not there."""
    for guard in re.findall(r"--allow ([a-zA-Z]+)=", text):
        if guard not in {*Guard, "GUARD", "VALUE"}:
            yield f"--allow {guard}"


def wrong_kinds(text: str) -> Iterator[str]:
    """Kinds of our API that are not there."""
    known = {*kinds(), "Estate", "Policy", "Kind", "Template", "Division", "Scenario"}
    for kind in re.findall(r"apiVersion: reconciler\.dev/\S+\nkind: (\w+)", text):
        if kind not in known:
            yield kind
    for address in _SPAN.findall(text):
        if (found := re.fullmatch(r"([A-Z]+[a-z][A-Za-z]+)/[a-z0-9*-]+", address)) and found[1] not in known:
            yield address


def wrong_annotations(text: str) -> Iterator[str]:
    """Annotations of ours that nothing reads."""
    known = {value for value in vars(metadata).values() if isinstance(value, str) and "reconciler.dev/" in value}
    for annotation in re.findall(r"reconciler\.dev/[a-z][a-z0-9-]*", text):
        if annotation not in known:
            yield annotation


def wrong_exit_codes(text: str) -> Iterator[str]:
    """Exit codes that are not in the table."""
    for code in re.findall(r"\b[Ee]xit(?: codes?)?(?: is| with|:)? ([0-9]+)\b", text):
        if int(code) not in CODES:
            yield f"exit {code}"


_NO_PATHS = {"reconciler/v1"}  # The name of a fingerprint.


def wrong_paths(text: str) -> Iterator[str]:
    """Paths of this repository that are not there."""
    for path in re.findall(rf"(?<![\w/.*-])((?:{FOLDERS})/[\w/.-]*\w)", text):
        if path not in _NO_PATHS and not path.endswith("VALUE") and not (ROOT / path).exists():
            yield path


def wrong_targets(text: str) -> Iterator[str]:
    """Targets that the Makefile does not have."""
    for span in _spans(text) if "make " in text else ():
        if (found := re.match(r"(?:\$ )?make ([a-z]+)\b", span)) and f"\n{found[1]}:" not in _text(ROOT / "Makefile"):
            yield f"make {found[1]}"


def wrong_names(text: str) -> Iterator[str]:
    """Modules, classes and functions of ours that cannot be imported, where a page names them in full."""
    for name in _SPAN.findall(text) if "`reconciler." in text else ():
        if re.fullmatch(r"reconciler(\.[A-Za-z_]\w*)+", name) and not _is_there(name):
            yield name


def _is_there(name: str) -> bool:
    if name in {"reconciler.yaml", "reconciler.dev"}:
        return True
    words = name.split(".")
    for end in range(len(words), 0, -1):
        try:
            found: object = importlib.import_module(".".join(words[:end]))
        except ModuleNotFoundError:
            continue
        for word in words[end:]:
            found = getattr(found, word, None)
        return found is not None
    return False


WRONG: Mapping[str, Callable[[str], Iterator[str]]] = {
    name.removeprefix("wrong_"): found for name, found in globals().items() if name.startswith("wrong_")
}


# The page that says how to add a kind names the files of a kind that its reader writes.
_WRITTEN_BY_THE_READER = re.compile(r"docs/how-to/add-a-kind\.md: .*usage.?limit", re.IGNORECASE)


@pytest.mark.parametrize("what", WRONG)
def test_a_page_or_a_message_names_only_what_exists(what: str) -> None:
    """Everything of this sort that a page or a message names is there."""
    found = {f"{file}: {wrong}" for file, text in _texts() for wrong in WRONG[what](text)}
    found = {line for line in found if not _WRITTEN_BY_THE_READER.match(line)}
    assert sorted(found) == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("commands", "`reconciler aply`"),
        ("commands", "```console\n$ reconciler store prune --oldest 3d\n```\n"),
        ("commands", "run `reconciler plan --auto-approve`"),
        ("options", "`--alow terminations=1`"),
        ("guards", "--allow simsMoved=4"),
        ("kinds", "apiVersion: reconciler.dev/v1alpha1\nkind: Vslice\n"),
        ("kinds", "`Vslice/fleet`"),
        ("annotations", 'reconciler.dev/protected: "true"'),
        ("exit_codes", "exit code 12"),
        ("paths", "see docs/nowhere.md"),
        ("targets", "`make everything`"),
        ("names", "`reconciler.plan.planner.nothing`"),
    ],
)
def test_a_wrong_name_is_found(what: str, text: str) -> None:
    """Each check finds a name that does not exist."""
    assert list(WRONG[what](text)) != []


def test_every_variable_that_a_page_names_is_read() -> None:
    """A variable of ours that a page names is read by the program, the tests or the Makefile."""
    readers = [*SOURCES, *(ROOT / "tests").rglob("*.py"), ROOT / "Makefile"]
    read = {name for path in readers for name in _variables(_text(path))}
    assert sorted({name for path in PAGES for name in _variables(_text(path))} - read) == []


def _variables(text: str) -> list[str]:
    return re.findall(r"\b(?:RECONCILER|STACUITY)_[A-Z]+[A-Z_]*\b", text)


def test_every_command_and_kind_has_a_page_that_its_index_lists() -> None:
    """The indexes of the reference are complete."""
    for folder, count in (("commands", len(COMMANDS)), ("kinds", len(kinds()))):
        found = {path.name for path in (ROOT / "docs/reference" / folder).glob("*.md")} - {"index.md"}
        listed = set(re.findall(r"\]\(([a-z-]+\.md)\)", _text(ROOT / "docs/reference" / folder / "index.md")))
        assert (listed, len(found)) == (found, count)


def test_the_generated_pages_and_schemas_are_those_of_the_code() -> None:
    """`make docs` and `make schemas` change nothing: no generated file is out of date, missing or left over."""
    written = {f"docs/reference/{name}": text for name, text in docs.pages().items()}
    written |= {f"schemas/{name}": text for name, text in schemas.schemas().items()}
    pages = [path for path in (ROOT / "docs").rglob("*.md") if _text(path).startswith(docs.NOTICE)]
    kept = {path.relative_to(ROOT).as_posix(): _text(path) for path in [*pages, *(ROOT / "schemas").iterdir()]}
    assert kept == written


# A chapter of a document that is not in the repository: its name with a number or letter, or the number alone.
CHAPTER = re.compile(
    r"\b(?:stacuity-api|reliability|ecosystem)\b|\b(?:design|performance|architecture|manifests|issue) #?[0-9]"
    r"|[(,] ?T[0-9]{1,2}[,)]|(?<=[a-z]) \([1-9]\.[0-9]{1,2}(?:, [1-9]\.[0-9]{1,2})*\)"
)


def test_nothing_refers_to_a_chapter_of_a_document_that_is_not_here() -> None:
    """A reader can open everything that a comment, a docstring or a page names."""
    sources = [path for folder in ("reconciler", "tests", "tools", "bench") for path in (ROOT / folder).rglob("*.py")]
    read = [path for path in [*sources, *PAGES] if path != Path(__file__)]
    found = [f"{path.relative_to(ROOT)}: {match[0]}" for path in read for match in CHAPTER.finditer(_text(path))]
    assert found == []


def _slug(heading: str) -> str:
    """The anchor that a forge gives a heading."""
    text = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower())
    return text.strip().replace(" ", "-")


def _links(path: Path) -> Iterator[str]:
    without_code = re.sub(r"^```.*?^```", "", _text(path), flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", without_code))


def test_every_link_leads_somewhere() -> None:
    """A link of a page leads to a file and a heading that are there, and one of the site never leaves docs/."""
    wrong = []
    for path in PAGES:
        for link in _links(path):
            if re.match(r"[a-z]+:", link):
                continue
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            headings = re.findall(r"^#+ (.*)$", _text(target), re.MULTILINE) if target.suffix == ".md" else []
            leaves = ROOT / "docs" in path.parents and ROOT / "docs" not in target.parents
            if not target.exists() or leaves or (anchor and anchor not in map(_slug, headings)):
                wrong.append(f"{path.relative_to(ROOT)}: {link}")
    assert wrong == []


PYPROJECT = tomllib.loads(_text(ROOT / "pyproject.toml"))
IMPORTED_AS = {
    "cel-expr-python": {"cel_expr_python"},
    "protobuf": {"google"},
    "pyyaml": {"yaml"},
    "ruamel.yaml": {"ruamel"},
    "pydantic": {"pydantic", "pydantic_core"},
    "typing-extensions": {"typing_extensions"},
}
# The database library imports the driver by the scheme of the address.
BY_NAME = {"psycopg": "postgresql+psycopg://"}


def _distributions(lines: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", line, maxsplit=1)[0] for line in lines}


def test_every_dependency_is_imported_and_every_import_is_declared() -> None:
    """The program imports each library that it declares, and declares each that it imports."""
    extras = [line for lines in PYPROJECT["project"]["optional-dependencies"].values() for line in lines]
    declared = _distributions([*PYPROJECT["project"]["dependencies"], *extras])
    imported = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
        for path in SOURCES
        for node in _nodes(path)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = imported | {name for name, text in BY_NAME.items() if any(text in _text(path) for path in SOURCES)}
    assert sorted(name for name in declared if not used & IMPORTED_AS.get(name, {name})) == []
    known = {word for name in declared for word in IMPORTED_AS.get(name, {name})} | {"reconciler", "__future__"}
    assert sorted(imported - known - sys.stdlib_module_names) == []


# The trace that a tool of the development group leaves where it is used, if that is not its own name.
TRACES = {
    "cel-expr-python": "cel_expr_python",
    "protobuf": "google.protobuf",
    "editables": "--editable",
    "hatchling": "hatchling",
    "import-linter": "lint-imports",
    "myst-parser": "myst_parser",
    "psycopg": "postgresql",
    "pytest-cov": "--cov",
    "pytest-timeout": "timeout = ",
    "pytest-xdist": "--dist",
    "types-jsonschema": "import jsonschema",
    "types-networkx": "import networkx",
    "types-pyyaml": "import yaml",
}


def test_every_tool_of_development_is_used() -> None:
    """A library of the development groups is imported or started by a test, a tool, a benchmark or the Makefile."""
    groups = PYPROJECT["dependency-groups"]
    declared = _distributions([line for group in groups.values() for line in group if isinstance(line, str)])
    settings = _text(ROOT / "pyproject.toml").partition("[tool.hatch")[2]
    users = [path for folder in ("tests", "tools", "bench", "docs") for path in (ROOT / folder).rglob("*.py")]
    texts = [settings, _text(ROOT / "Makefile"), *map(_text, [path for path in users if path != Path(__file__)])]
    texts += map(_text, SOURCES)
    assert sorted(name for name in declared if not any(TRACES.get(name, name) in text for text in texts)) == []


@pytest.mark.parametrize(
    "change",
    [
        "a new guard",
        "a new report",
        "a new rule of the platform",
        "another retry policy",
        "another store",
        "a new command",
    ],
)
def test_the_page_says_where_to_put_a_change(change: str) -> None:
    """The page about the architecture has one line for each of these changes, with a file or folder that is there."""
    text = _text(ROOT / "docs/architecture.md")
    (line,) = re.findall(rf"^\| {change} \| (.*) \|$", text, re.MULTILINE)
    places = re.findall(r"`(reconciler/[\w/.]+)`", line)
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []


def _called(root: Path) -> set[str]:
    """The functions of the program that one apply of the estate calls."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (module := frame.f_globals.get("__name__", "")).startswith("reconciler."):
            found.add(f"{module}.{frame.f_code.co_qualname}")

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        done = CliRunner().invoke(cli, ["apply", "--chdir", str(root), "--auto-approve"], env=EMBEDDED)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert done.exit_code == 0, done.output
    return found


EMBEDDED = {"STACUITY_HOST": "embedded", "CI": ""}
_SIMS = """apiVersion: reconciler.dev/v1alpha1
kind: EndpointSet
metadata: {name: lorries}
spec:
  group: first-group
  members:
    - file: {path: sims/lorries.csv}
"""


@pytest.mark.slow
def test_the_path_of_a_value_is_walked(tmp_path: Path) -> None:
    """Each function that the two pages about paths name is called by an apply that edits a field, or adds SIMs."""
    assert CliRunner().invoke(cli, ["init", str(tmp_path)], env=EMBEDDED).exit_code == 0
    write_sims(tmp_path)
    network = tmp_path / "estate/network.yaml"
    edit = network.read_text(encoding="utf-8").replace("First network", "Fleet")
    walked = {}
    _called(tmp_path)

    (tmp_path / "estate/sims.yaml").write_text(_SIMS, encoding="utf-8")
    walked["path-of-a-sim.md"] = _called(tmp_path)
    network.write_text(edit, encoding="utf-8")
    walked["path-of-a-field.md"] = _called(tmp_path)

    for page, called in walked.items():
        named = re.findall(r"`(reconciler\.[\w.]+)`", _text(ROOT / "docs/explanation" / page))
        functions = {name for name in named if inspect.isfunction(pydoc.locate(name))}
        assert len(functions) > 10
        assert sorted(functions - called) == []


def write_sims(root: Path) -> None:
    """Two dozen SIMs in the account and in a file."""
    iccids = (ROOT / "examples/fleet-12000/sims/uk.csv").read_text(encoding="utf-8").splitlines()[1:25]
    (root / "sims").mkdir()
    (root / "sims/lorries.csv").write_text("iccid,name,reference\n" + "\n".join(iccids) + "\n", encoding="utf-8")
    stock = ["simulate", "--stock", str(root / "sims"), "--state", str(root / ".reconciler/platform.db"), "--no-serve"]
    (root / ".reconciler").mkdir()
    assert CliRunner().invoke(cli, stock, env=EMBEDDED).exit_code == 0


def test_the_first_page_names_each_command() -> None:
    """The list of commands in README.md is the list that `reconciler --help` prints."""
    section = (ROOT / "README.md").read_text().split("\n## Commands\n")[1].split(" — each has a page")[0]
    assert sorted(re.findall(r"`([a-z]+)`", section)) == sorted(COMMANDS)
