"""The conventions of CONTRIBUTING.md that a program can check."""

import ast
import io
import re
import shutil
import subprocess
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "reconciler"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager", "handler", "core"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 60

# A file or function over the limit says why in its docstring, in a sentence that begins with this word.
LENGTH_REASON = re.compile(r"^\s*Length: \w+", re.MULTILINE)

# Comments that switch a check off, and how many there may be. The number only goes down, or with a reason in review.
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no cover)\b(:\s*[A-Z][A-Z0-9, ]*\d|\[[a-z, -]+\])?")
MOST_SUPPRESSIONS = 30

# Paths of one machine and addresses of package indexes. The patterns are written so that they do not match themselves.
MACHINE_WORDS = re.compile(
    r"(^|[^a-z<])/(wor[k]|far[m]|roo[t]|Use[r]s)/|(^|[\s\"'=])/(hom[e]|tm[p])/[a-z]|index-ur[l]|find-link[s]|/simpl[e]/[a-z]"
    r"|//registr[y]\."
)
MACHINE_SIGNS = tuple(
    f"{start}{end}"
    for start, end in (
        ("/wor", "k/"), ("/far", "m/"), ("/roo", "t/"), ("/Use", "rs/"), ("/hom", "e/"), ("/tm", "p/"),
        ("index-", "url"), ("find-", "links"), ("/simp", "le/"), ("//regis", "try"),
    )
)  # fmt: skip
"""A text of which each match of `MACHINE_WORDS` has one."""
BIGGEST_TEXT = 2_000_000


def _modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tracked_files() -> list[Path]:
    """Everything that git knows or would take; without git or its folder (an archive), the package and the tests."""
    git = shutil.which("git")
    listing = (
        subprocess.run(
            [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        if git
        else None
    )
    if listing is None or listing.returncode:
        return _modules("reconciler", "tests", "tools")
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    with tokenize.open(path) as stream:
        text = stream.read()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_no_module_is_named_for_nothing() -> None:
    """A module or package is called after what it contains."""
    offenders = [
        _name(path) for path in PACKAGE.rglob("*") if path.suffix in {"", ".py"} and path.stem in FORBIDDEN_NAMES
    ]
    assert offenders == []


def test_only_the_command_line_prints() -> None:
    """Results are returned and rendered; nothing below the command line writes to standard output."""
    offenders = [
        f"{_name(path)}:{node.lineno}"
        for path in _modules("reconciler")
        if PACKAGE / "cli" not in path.parents
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert offenders == []


def test_a_long_file_says_why() -> None:
    """A file over 300 lines has a reason in its docstring, in a line that begins with "Length:"."""
    offenders = []
    for path in _modules("reconciler", "tools"):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LONGEST_FILE and not LENGTH_REASON.search(ast.get_docstring(_tree(path)) or ""):
            offenders.append(f"{_name(path)}: {lines} lines")
    assert offenders == []


def test_a_long_function_says_why() -> None:
    """A function over 60 lines has a reason in its docstring, in a line that begins with "Length:"."""
    offenders = []
    for path in _modules("reconciler", "tools"):
        for node in ast.walk(_tree(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION and not LENGTH_REASON.search(ast.get_docstring(node) or ""):
                offenders.append(f"{_name(path)}:{node.lineno} {node.name}: {lines} lines")
    assert offenders == []


def test_every_suppression_is_narrow_and_has_a_reason() -> None:
    """A comment that switches a check off names the rule and says why, on its line; there are few of them."""
    found = 0
    offenders = []
    for path in _modules("reconciler", "tests", "tools", "bench"):
        for line, comment in _comments(path):
            for match in SUPPRESSION.finditer(comment):
                found += 1
                narrow = match[1].startswith("pragma") or match[2]
                reason = SUPPRESSION.sub("", comment)
                if not narrow or len(re.findall(r"[A-Za-z]{2,}", reason)) < 2:
                    offenders.append(f"{_name(path)}:{line} {comment}")
    assert offenders == []
    assert found <= MOST_SUPPRESSIONS


def test_every_switched_off_rule_is_argued() -> None:
    """Each rule that ruff is told to ignore has its reason in a comment beside it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.flake8")]
    codes = re.findall(r'^    "[A-Z]+[0-9]*",?.*$', section, re.MULTILINE)
    assert codes
    assert [line for line in codes if not re.search(r"# \w+", line)] == []


def test_the_tree_names_no_machine_and_no_package_index() -> None:
    """A tracked file works anywhere: no path of somebody's machine, no address of a package index."""
    offenders = []
    for path in _tracked_files():
        if path.stat().st_size > BIGGEST_TEXT:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        # Plain searches first: the pattern reads each character of the tree several times.
        if any(sign in text for sign in MACHINE_SIGNS):
            offenders += [
                f"{_name(path)}:{number} {line.strip()[:120]}"
                for number, line in enumerate(text.splitlines(), start=1)
                if MACHINE_WORDS.search(line)
            ]
    assert offenders == []


def _pins(name: str) -> dict[str, tuple[str, bool]]:
    """From distribution to (version, whether it is hashed), of one file of requirements/."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pins = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==([0-9][\w.]*) ", line)
        assert match, f"requirements/{name}: not a pinned release: {line[:80]}"
        pins[match[1]] = (match[2], "--hash=sha256:" in line)
    return pins


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt", "postgres.txt", "templates.txt", "build.txt", "bench.txt"])
def test_every_locked_requirement_is_hashed(name: str) -> None:
    """A lock holds exact releases with their hashes and nothing else: no addresses, no paths, no options."""
    assert [pin for pin, (_, hashed) in _pins(name).items() if not hashed] == []


def test_the_locks_cover_what_the_project_declares() -> None:
    """Each declared dependency is locked, and tests run with the releases that users get."""
    runtime, dev = _pins("runtime.txt"), _pins("dev.txt")
    groups = PYPROJECT["dependency-groups"]
    declared = {
        runtime_name: lock
        for lock, lines in (
            ("runtime", PYPROJECT["project"]["dependencies"]),
            ("dev", [line for line in groups["dev"] + groups["build"] if isinstance(line, str)]),
        )
        for runtime_name in (re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower().replace(".", "-") for line in lines)
    }
    missing = [name for name, lock in declared.items() if name not in (runtime if lock == "runtime" else dev)]
    assert missing == []
    for lock in (runtime, _pins("postgres.txt"), _pins("templates.txt"), _pins("build.txt")):
        assert {name: pin for name, pin in dev.items() if name in lock} == lock
