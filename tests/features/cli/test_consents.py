"""Consents to what guards refuse: the exact number, given to the command that applies, and kept nowhere else."""

import json
import shutil
from pathlib import Path

import pytest

from tests.features.cli.guarded import NAME, Guarded, csv, policies, trial
from tests.features.sims.estate import NETWORK, endpoint, group, iccids

SIMS, OBJECTS = 12, 5
NUMBERS = iccids(SIMS)
BOTH = ("--allow", f"simMoves={SIMS}", "--allow", f"deletions={OBJECTS}")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """Twelve SIMs in service, and eight policies."""
    estate = trial(tmp_path_factory.mktemp("consents") / "estate", SIMS, applied=False)
    estate.declare("policies", policies(8))
    estate.apply()
    return estate


@pytest.fixture
def estate(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy in which all SIMs move and five policies go: two guards refuse."""
    copy = template.copy_to(tmp_path / "estate")
    copy.write("sims/uk.csv", csv([], "name"))
    copy.write("sims/de.csv", csv(NUMBERS, name="Van"))
    copy.declare("policies", policies(3))
    return copy


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return [line for line in text.splitlines() if line.strip()][-1]


def test_all_verdicts_come_at_once_with_the_whole_plan(estate: Guarded, tmp_path: Path) -> None:
    """Both refusals, every change, the plan file and the JSON document are there, and the exit code is 3."""
    out = tmp_path / "saved.plan"

    result = estate.run("plan", "--out", str(out))

    assert result.exit_code == 3
    for verdict in (
        "NEEDS CONSENT [simMoves] 12 of 12 SIMs would leave their group for another one; the limit is 10",
        "NEEDS CONSENT [deletions] 5 objects would be deleted or replaced (5 of 8 OperatorPolicy); the limit is 3",
    ):
        assert verdict in result.output
    assert [number for number in range(3, 8) if f"OperatorPolicy/policy-{number:02}" not in result.output] == []
    assert "12 SIMs move from fleet-uk to fleet-de" in result.output
    saved = json.loads(out.read_text(encoding="utf-8"))["plan"]
    assert (len(saved["changes"]), len(saved["roster"]["changes"])) == (OBJECTS, 1)
    document = json.loads(estate.run("plan", "-o", "json").stdout)
    assert (document["exitCode"], document["plan"]) == (3, saved)


def test_the_last_line_says_why_it_cannot_be_applied_and_the_command_that_can(estate: Guarded) -> None:
    """All options that decide what is planned are in it, those that only decide what is shown are not."""
    estate.write("policy.yaml", "apiVersion: reconciler.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec: {}\n")
    policy = str(estate.root / "policy.yaml")

    result = estate.run("plan", "-v", "--detailed-exitcode", "--policy", policy, "--allow", "simMoves=1", "--adopt")

    assert last_line(result.output) == (
        "Refused by simMoves, deletions: this cannot be applied as it is. If all of it is meant: reconciler apply "
        f"--chdir {estate.root} --policy {policy} --adopt --allow simMoves=12 --allow deletions=5"
    )


def test_that_command_is_enough(estate: Guarded) -> None:
    """The command in the last line of a refused apply is typed, and applied."""
    refused = estate.run("apply", "-y", "--allow", "simMoves=11")
    command = last_line(refused.output).partition("If all of it is meant: reconciler ")[2]
    words = command.replace(f"--chdir {estate.root}", "").split()
    assert words == ["apply", "--auto-approve", *BOTH]

    assert estate.run(*words).exit_code == 0
    assert estate.run("plan", "--detailed-exitcode").exit_code == 0


@pytest.mark.parametrize(
    "given", [(), BOTH[:2], BOTH[2:], ("--allow", "simMoves=11", *BOTH[2:]), ("--allow", "simMoves=13", *BOTH[2:])]
)
def test_nothing_is_sent_without_every_consent(estate: Guarded, given: tuple[str, ...]) -> None:
    """No consent, one of two, or another number: exit code 3, and the platform is as it was."""
    before = estate.platform()

    result = estate.run("apply", "--auto-approve", *given)

    assert (result.exit_code, estate.platform() == before) == (3, True)
    assert "Nothing was sent." in last_line(result.output)


def test_a_consent_stands_in_the_history_and_nowhere_else(estate: Guarded, tmp_path: Path) -> None:
    """A run is recorded with its consents; the plan file that was shown with them is the one without them."""
    saved, allowed = tmp_path / "saved.plan", tmp_path / "allowed.plan"
    assert estate.run("plan", "--out", str(saved)).exit_code == 3

    shown = estate.run("plan", "--out", str(allowed), *BOTH)

    assert shown.exit_code == 0
    assert "ALLOWED [simMoves] 12 of 12 SIMs would leave their group for another one; exactly 12 are allowed" in (
        shown.output
    )
    digest = json.loads(saved.read_text(encoding="utf-8"))["digest"]
    assert last_line(shown.output) == (
        f"Saved to {allowed}. Apply it with: reconciler apply {allowed} --expect {digest} --chdir {estate.root} "
        f"{' '.join(BOTH)}"
    )
    assert allowed.read_bytes() == saved.read_bytes()
    for words in (("--auto-approve",), ("--expect", digest), ("--expect", digest, *BOTH[:2])):
        assert estate.run("apply", str(allowed), *words).exit_code == 3
    assert estate.run("show", str(allowed)).exit_code == 3
    assert estate.run("show", str(allowed), *BOTH).exit_code == 0
    assert estate.run("apply", str(allowed), "--expect", digest, *BOTH).exit_code == 0
    assert f"apply {' '.join(BOTH)}" in estate.run("history").output
    assert estate.run("history").output.count("--allow") == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("simMove=12",), "did you mean simMoves?"),
        (("ownership=1",), "--allow names no guard: 'ownership'"),
        (("all=1",), "guards: terminations, suspensions"),
        (("=12",), "--allow names no guard: ''"),
        (("",), "--allow names no guard: ''"),
        (("simMoves",), "write --allow simMoves=NUMBER"),
        (("simMoves=",), "write --allow simMoves=NUMBER"),
        (("simMoves=12%",), "--allow simMoves takes a whole number"),
        (("simMoves=1,2",), "--allow simMoves takes a whole number"),
        (("simMoves=-1",), "--allow simMoves takes a whole number"),
        (("simMoves=off",), "--allow simMoves takes a whole number"),
        (("simMoves=1e9",), "--allow simMoves takes a whole number"),
        (("SIMMOVES=12",), "did you mean simMoves?"),
        (("simMoves=12", "simMoves=13"), "--allow simMoves is given twice, with different numbers"),
    ],
)
def test_a_consent_that_makes_no_sense_is_wrong_usage(estate: Guarded, given: tuple[str, ...], words: str) -> None:
    """An unknown guard, a number that is none, two numbers for one guard: exit code 64, before anything is read."""
    result = estate.run("apply", "--auto-approve", *(word for value in given for word in ("--allow", value)))

    assert (result.exit_code, words in result.output) == (64, True), result.output


def test_a_consent_may_be_repeated(estate: Guarded) -> None:
    """The same number twice is one consent."""
    assert estate.run("plan", *BOTH, *BOTH).exit_code == 0


def test_a_consent_ends_with_its_command(estate: Guarded) -> None:
    """The next command in the same process knows nothing of it."""
    assert [estate.run("plan", *BOTH).exit_code, estate.run("plan").exit_code] == [0, 3]


@pytest.mark.parametrize("word", [("--allow-terminate", "12"), ("--allow", "terminations=12")])
def test_what_was_allowed_says_allowed(template: Guarded, tmp_path: Path, word: tuple[str, str]) -> None:
    """The former flag means the guard `terminations`, is in no help text, and reads the same in plan and history."""
    estate = template.copy_to(tmp_path / "estate")
    ends = (endpoint(f"end-of-{n}", number, ", state: terminated") for n, number in enumerate(NUMBERS))
    estate.declare("ends", "---\n".join(ends))

    assert estate.run("plan", word[0], word[1].replace("12", "11")).exit_code == 3
    planned = estate.run("plan", *word)
    assert planned.exit_code == 0
    assert (
        "ALLOWED [terminations] 12 SIMs would be terminated, which cannot be undone (D-44); exactly 12 are allowed"
        in (planned.output)
    )
    assert estate.run("apply", "-y", *word).exit_code == 0
    assert "apply --allow terminations=12" in estate.run("history").output
    assert "allow-terminate" not in estate.run("apply", "--help").output


def test_an_adoption_is_not_held_to_what_the_rest_of_the_plan_would_do(estate: Guarded) -> None:
    """Taking over one object sends nothing, whatever else is declared."""
    estate.declare("policies", policies(3), "kind: EventMap\nmetadata: {name: found-map}\nspec: {scope: account}\n")
    other = Guarded(estate.root.parent / "other")
    other.configure()
    other.declare("map", "kind: EventMap\nmetadata: {name: found-map}\nspec: {scope: account}\n")
    shutil.copytree(estate.root / ".reconciler", other.root / ".reconciler")
    for file in (other.root / ".reconciler").glob("state.db*"):
        file.unlink()
    assert other.run("apply", "-y").exit_code == 0
    shutil.copy(other.root / ".reconciler" / "platform.db", estate.root / ".reconciler" / "platform.db")

    adopted = estate.run("adopt", "EventMap/found-map", "-y")

    assert adopted.exit_code == 0, adopted.output
    assert estate.verdicts() == {"simMoves": ("deny", 12), "deletions": ("deny", 5)}


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """An estate of objects alone, nine of them, of six kinds."""
    estate = Guarded(tmp_path_factory.mktemp("objects") / "estate")
    estate.configure()
    estate.declare("all", NETWORK, group("fleet-uk"), policies(4))
    estate.apply()
    return estate


@pytest.fixture
def owned(objects: Guarded, tmp_path: Path) -> Guarded:
    """A copy of it."""
    return objects.copy_to(tmp_path / "owned")


def test_a_confirmed_name_is_the_consent_to_destroy_this_estate(owned: Guarded) -> None:
    """Deletions and emptied kinds say *allowed* in the plan, with numbers, and the history has them."""
    result = owned.run("destroy", "--confirm", NAME)

    assert result.exit_code == 0, result.output
    assert "ALLOWED [deletions] 9 objects would be deleted" in result.output
    assert "ALLOWED [emptied] 6 kinds or rosters would be emptied" in result.output
    assert "REFUSED" not in result.output
    assert "destroy --allow deletions=9 --allow emptied=6" in owned.run("history").output


@pytest.mark.parametrize("words", [(), ("--confirm", "another"), ("--confirm", ""), ("--allow", "deletions=9")])
def test_without_the_name_nothing_is_destroyed(owned: Guarded, words: tuple[str, ...]) -> None:
    """Neither another name nor the numbers are the consent."""
    before = owned.platform()

    result = owned.run("destroy", *words)

    assert (result.exit_code, owned.platform() == before) == (64, True), result.output
    assert f"add --confirm {NAME}" in result.output


def test_a_confirmed_name_is_a_consent_to_no_other_guard(owned: Guarded) -> None:
    """All that is owned is gone from the platform: perhaps this is another account, and the name says nothing of it."""
    empty = Guarded(owned.root.parent / "empty")
    empty.configure()
    empty.declare("all", NETWORK)
    empty.apply()
    shutil.copy(empty.root / ".reconciler" / "platform.db", owned.root / ".reconciler" / "platform.db")
    before = owned.platform()

    result = owned.run("destroy", "--confirm", NAME)

    assert (result.exit_code, owned.platform() == before) == (3, True), result.output
    assert last_line(result.output).endswith(
        f"meant: reconciler destroy --chdir {owned.root} --confirm {NAME} --allow shrunkAccount=9"
    )
