"""Files that no manifest reads: not as a manifest, not as a file of SIMs, not as a secret (S6)."""

import os
from pathlib import Path

import pytest
from click.testing import Result

from tests.robustness.secrets.desk import CONFIGURATION, HANDLER, door, run, write

VALUE = "f00dfeedcafe4711"
STORE = "sqlite:store/state.csv"
SINK = "https://collector.example.net/in"
SET = """apiVersion: reconciler.dev/v1alpha1
kind: EndpointSet
metadata: {{name: all-of-them}}
spec:
  group: existing:stock
  members:
    - file: {{path: {path}}}
"""
HIDDEN = (
    *(".env", ".ENV.csv", ".env.yaml", ".git/config", ".git/x.yaml", ".git/x.csv", "sims/.git/x.csv", "./.git/x.yaml"),
    *("sims//.x.csv", ".reconciler/x.csv", "..data/.x.csv", "sims/..data/.git/x.csv", ".yaml", ".csv"),
    *("\u200b.git/x.csv", "\uff0egit/x.csv", ".g\u200cit/x.csv", "\u2024env.csv"),
)
OURS = (
    *("the-token.csv", "hard-link.csv", "store/state.csv", "store/state.csv-wal.csv", "secrets/psk.csv"),
    *("secrets/noc-password", "secrets/noc.txt", "script.sh", "key.pem"),
)
OUTSIDE = (
    *("/etc/passwd", "/proc/self/environ", "/dev/stdin", "~/.netrc", "../outside.csv", "sims/../../outside.csv"),
    *("link-out.csv", "link-in.csv", "folder-link/x.csv", "pipe.csv", "$HOME/.netrc", "file:///etc/passwd"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An estate with everything in it that a hostile manifest could wish for, the store included."""
    found = tmp_path / "estate"
    write(found, "reconciler.yaml", CONFIGURATION.format(store=STORE) + "  manifests: [sims.yaml]\n")
    for name in (*HIDDEN, *OURS, "sims/uk.csv"):
        write(found, name, VALUE) if name != "hard-link.csv" else None
    write(tmp_path, "outside.csv", VALUE)
    (found / "hard-link.csv").hardlink_to(found / "the-token.csv")
    (found / "store/state.csv-wal").hardlink_to(found / "store/state.csv-wal.csv")
    (found / "link-out.csv").symlink_to("../outside.csv")
    (found / "link-in.csv").symlink_to(".git/x.csv")
    (found / "folder-link").symlink_to(".git")
    os.mkfifo(found / "pipe.csv")
    return found


def _plan(root: Path) -> Result:
    with door() as opened:
        result = run(
            root,
            "plan",
            "--token-file",
            str(root / "the-token.csv"),
            STACUITY_HOST=f"http://127.0.0.1:{opened.port}",
            RECONCILER_SECRETS="file:secrets/psk* file:secrets/no?-password",
        )
        assert opened.count == 0
    return result


def _refused(root: Path, name: str) -> None:
    result = _plan(root)
    assert (result.exit_code, VALUE in result.output) == (8, False), result.output


@pytest.mark.parametrize("name", [*HIDDEN, *OURS, *OUTSIDE])
def test_no_set_of_sims_reads_a_hidden_file_or_one_of_ours(root: Path, name: str) -> None:
    """Errors quote headings and rows, so the file is refused by its name and by what it is, before it is opened."""
    write(root, "sims.yaml", SET.format(path=f'"{name}"'))
    _refused(root, name)


@pytest.mark.parametrize("name", [*HIDDEN, *OURS, *OUTSIDE])
def test_no_entry_of_the_manifests_reads_a_hidden_file_or_one_of_ours(root: Path, name: str) -> None:
    """Errors quote lines of manifests; what is no manifest by its name is not read as one either."""
    write(root, "reconciler.yaml", CONFIGURATION.format(store=STORE) + f'  manifests: ["{name}"]\n')
    _refused(root, name)


@pytest.mark.parametrize("name", [name for name in HIDDEN if "\u200b" not in name and "\u200c" not in name])
def test_a_hidden_entry_of_the_manifests_is_refused_where_it_stands(root: Path, name: str) -> None:
    """With its line in the configuration."""
    write(root, "reconciler.yaml", CONFIGURATION.format(store=STORE) + f'  manifests: ["{name}"]\n')
    found = run(root, "validate").output
    assert "reconciler.yaml:6:15" in found
    assert "spec.manifests[0] must be a path without a name that begins with a dot" in found


@pytest.mark.parametrize("pattern", [".git/*", "**/x.csv", "*/*.csv", "?git/x.csv", "[.]git/*", "**/*", "*"])
def test_a_pattern_is_for_no_hidden_file(root: Path, pattern: str) -> None:
    """No word of a hidden file is said, and none of the token's, whatever else the pattern matches."""
    write(root, "sims.yaml", SET.format(path=f'"{pattern}"'))
    write(root, "sims/uk.csv", "iccid\n8988228000000000012\n")
    result = _plan(root)
    assert VALUE not in result.output
    assert ".git" not in result.output.replace(pattern, "")


def test_a_folder_of_manifests_leaves_out_what_is_hidden_and_the_token(root: Path) -> None:
    """The token may lie below the estate under the name of a manifest; it is not read as one."""
    write(root, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    write(root, "the-token.yaml", VALUE)
    (root / "folder-link").unlink()
    result = run(root, "plan", "--token-file", str(root / "the-token.yaml"), STACUITY_HOST="embedded")
    assert (result.exit_code, "No changes" in result.output, VALUE in result.output) == (0, True, False), result.output


@pytest.mark.parametrize("name", ["sims/uk.csv", "sims/UK.CSV", "sims/..2026/uk.csv", "sims/a.b.tsv"])
def test_a_file_of_sims_is_read(root: Path, name: str) -> None:
    """A file that is neither hidden nor ours is read."""
    write(root, name, "iccid\nno-digits\n")
    write(root, "sims.yaml", SET.format(path=f'"{name}"'))
    result = _plan(root)
    assert (result.exit_code, "'no-digits' is not made of digits" in result.output) == (8, True), result.output


def test_the_caller_may_name_any_file_as_a_manifest(root: Path) -> None:
    """A person that types a command may read what it reads; only the tree may not name it."""
    write(root, "sims.yaml", "")
    write(root, ".drafts/hook.txt", HANDLER.format(url=SINK, token="null"))
    result = run(root, "validate", "-f", ".drafts/hook.txt")
    assert (result.exit_code, "Valid: 1 object" in result.output) == (0, True), result.output
