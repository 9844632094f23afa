"""Limits from the caller's side: ``--policy PATH`` wins over the tree's guardrails, and nothing else is a policy."""

from pathlib import Path

import pytest

from tests.features.cli.guarded import Guarded, policies
from tests.features.sims.estate import HEAD

GONE = 2


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """Eight policies, applied."""
    estate = Guarded(tmp_path_factory.mktemp("policy") / "estate")
    estate.configure()
    estate.declare("policies", policies(8))
    estate.apply()
    return estate


@pytest.fixture
def estate(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy in which two policies go: within the limit by default."""
    copy = template.copy_to(tmp_path / "estate")
    copy.declare("policies", policies(8 - GONE))
    return copy


def policy(folder: Path, spec: str) -> str:
    """A policy file outside of the tree."""
    path = folder / "policy.yaml"
    path.write_text(f"{HEAD}kind: Policy\nmetadata: {{name: of-the-caller}}\nspec: {spec}\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("tree", "caller", "code"),
    [
        ("{}", "{}", 0),
        ("{deletions: 1}", "{}", 3),
        ("{deletions: 1}", "{guardrails: {}}", 3),
        # The caller's limit wins, stricter or looser, as a number, a share, a mixture or off.
        ("{deletions: 'off'}", "{guardrails: {deletions: 1}}", 3),
        ("{deletions: 'off'}", "{guardrails: {deletions: 2}}", 0),
        ("{deletions: 'off'}", "{guardrails: {deletions: 12.5%}}", 3),
        ("{deletions: 'off'}", "{guardrails: {deletions: 25%}}", 0),
        ("{deletions: 100}", "{guardrails: {deletions: {share: 100%, atMost: 1}}}", 3),
        ("{deletions: 1}", "{guardrails: {deletions: {atLeast: 2, share: 1%}}}", 0),
        ("{deletions: 0}", "{guardrails: {deletions: 'off'}}", 0),
        ("{deletions: 0}", "{guardrails: {deletions: off}}", 0),
        # Each limit by itself.
        ("{deletions: 1}", "{guardrails: {simMoves: off}}", 3),
        ("{deletions: 'off', simMoves: 0}", "{guardrails: {emptied: 0}}", 0),
    ],
)
def test_the_callers_limit_wins(estate: Guarded, tmp_path: Path, tree: str, caller: str, code: int) -> None:
    """The caller's where it says something, and the tree's where it does not."""
    estate.configure(tree)

    assert estate.run("plan", "--policy", policy(tmp_path, caller)).exit_code == code


@pytest.mark.parametrize(("limit", "code"), [("1", 3), ("2", 0)])
def test_plan_show_and_apply_are_held_to_the_same_limits(
    estate: Guarded, tmp_path: Path, limit: str, code: int
) -> None:
    """Each of the three reads the policy, and what it refuses is not sent."""
    estate.configure("{deletions: 0}")
    words = ("--policy", policy(tmp_path, f"{{guardrails: {{deletions: {limit}}}}}"))
    saved = str(tmp_path / "saved.plan")

    assert estate.run("plan", *words, "--out", saved).exit_code == code
    assert estate.run("show", saved, *words).exit_code == code
    before = estate.platform()
    assert estate.run("apply", saved, "--auto-approve", *words).exit_code == code
    assert (estate.platform() == before) is (code == 3)


def test_a_plan_made_under_loose_limits_is_held_to_those_of_whoever_applies_it(estate: Guarded, tmp_path: Path) -> None:
    """The file carries no limits: who applies it without the policy is refused by the tree's."""
    estate.configure("{deletions: 0}")
    saved = str(tmp_path / "saved.plan")

    assert (
        estate.run("plan", "--policy", policy(tmp_path, "{guardrails: {deletions: off}}"), "--out", saved).exit_code
        == 0
    )
    assert estate.run("show", saved).exit_code == 3
    assert estate.run("apply", saved, "--auto-approve").exit_code == 3


def _document(rest: str, kind: str = "Policy") -> bytes:
    return f"{HEAD}kind: {kind}\nmetadata: {{name: other}}\n{rest}\n".encode()


def _limits(text: str) -> bytes:
    return _document(f"spec: {{guardrails: {{{text}}}}}")


HOSTILE = {
    "nothing": b"",
    "comments": b"# later\n",
    "two documents": _document("spec: {}") + b"---\n" + _document("spec: {}"),
    "another kind": _document("spec: {guardrails: {deletions: off}}", "Estate"),
    "another version": _document("spec: {}").replace(b"v1alpha1", b"v9"),
    "no spec": _document(""),
    "a spec that is text": _document("spec: 'off'"),
    "a list": b"[deletions: off]\n",
    "a word": b"off\n",
    "an unknown guard": _limits("deletion: off"),
    "a former name": _limits("maxDeletions: 9"),
    "an unknown field": _document("spec: {limits: {deletions: off}}"),
    "no limit": _limits("deletions: none"),
    "null": _limits("deletions: null"),
    "a key twice": _limits("deletions: 0, deletions: off"),
    "an anchor": _limits("deletions: &a 5, simMoves: *a"),
    "a tag": _document("spec: !!python/object:os.system {}"),
    "UTF-16": _document("spec: {}").decode().encode("utf-16"),
    "bytes": bytes(range(256)),
    "nesting": b"[" * 5_000,
    "two megabytes": b"# " + b"x" * 2_097_152,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_policy_is_refused_before_anything_is_read(estate: Guarded, tmp_path: Path, name: str) -> None:
    """One message with the file's name, exit code 8 or 64, no traceback; never the limits of the tree, or none."""
    path = tmp_path / "policy.yaml"
    path.write_bytes(HOSTILE[name])

    result = estate.run("apply", "--auto-approve", "--policy", str(path))

    assert result.exit_code in {8, 64}, result.output
    assert str(path) in result.output
    assert "Traceback" not in result.output
    assert "bug" not in result.output
    assert estate.run("plan", "--detailed-exitcode").exit_code == 2


def test_a_former_name_is_led_to_the_guard(estate: Guarded, tmp_path: Path) -> None:
    """``maxDeletions`` and ``maxSimsTouched`` were limits once: the hint names the guards, in both files."""
    former = "{maxDeletions: 9, maxSimsTouched: 9}"
    caller = estate.run("plan", "--policy", policy(tmp_path, f"{{guardrails: {former}}}"))
    estate.configure(former)
    tree = estate.run("validate")

    assert (caller.exit_code, tree.exit_code) == (8, 8)
    for word in ('Did you mean "deletions"?', 'Did you mean "simsTouched"?'):
        assert (word in caller.output, word in tree.output) == (True, True)


@pytest.mark.parametrize("name", ["missing.yaml", ".", "dangling"])
def test_a_policy_that_cannot_be_read_is_wrong_usage(estate: Guarded, tmp_path: Path, name: str) -> None:
    """A missing file, a folder, a link to nothing: exit code 64, and nothing is planned without the limits."""
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")

    result = estate.run("plan", "--policy", str(tmp_path / name))

    assert (result.exit_code, "Plan:" in result.output) == (64, False), result.output
