"""Waivers: a consent to one finding, in writing, that outlives a rebase and no more."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from tests.features.cli.guarded import Guarded, trial
from tests.features.cli.repository import committed, git
from tests.features.sims.estate import HEAD, iccids, listed

COUNT = 300
NUMBERS = iccids(COUNT + 1)
NOW = datetime.now(tz=UTC).date()
# The test may begin right before midnight.
TODAY, LATER, PAST = ((NOW + timedelta(days=days)).isoformat() for days in (1, 30, -1))


def _terminated(estate: Guarded, numbers: list[str]) -> None:
    rows = ", ".join(f'{{iccid: "{number}", state: terminated}}' for number in numbers)
    spec = f"{{group: fleet-uk, members: [{{list: [{rows}]}}]}}"
    estate.declare("sims", f"kind: EndpointSet\nmetadata: {{name: set-uk}}\nspec: {spec}\n")


class Pipeline:
    """A pipeline: `CI` is set, and its policy is a file outside of the tree."""

    def __init__(self, estate: Guarded, folder: Path) -> None:
        self.estate = estate
        self.policy = folder / "policy.yaml"
        self.saved = folder / "saved.plan"
        self.write("")

    def run(self, *words: str) -> Result:
        """One command."""
        name, *rest = words
        environment = {"CI": "true", "STACUITY_HOST": "embedded"}
        return CliRunner(env=environment).invoke(cli, [name, *rest])

    def write(self, waivers: str, guardrails: str = "{}") -> None:
        """A policy with these waivers."""
        body = f"  waivers:\n{waivers}" if waivers else ""
        text = f"{HEAD}kind: Policy\nmetadata: {{name: of-the-team}}\nspec:\n  guardrails: {guardrails}\n{body}"
        self.policy.write_text(text, encoding="utf-8")

    def plan(self, *words: str) -> Result:
        """A plan under the policy."""
        words = words or ("--policy", str(self.policy))
        return self.run("plan", "-C", str(self.estate.root), "--out", str(self.saved), *words)

    def show(self) -> Result:
        """The saved plan."""
        return self.run("show", str(self.saved), "-C", str(self.estate.root), "--policy", str(self.policy))

    def apply(self) -> Result:
        """The saved plan, applied."""
        words = ("--policy", str(self.policy), "--auto-approve")
        return self.run("apply", str(self.saved), "-C", str(self.estate.root), *words)

    def waive(self, approver: str, guard: str = "terminations", expires: str = LATER) -> str:
        """A waiver of what is found in the saved plan."""
        words = ("--plan", str(self.saved), "--reason", "scrapped", "--approver", approver, "--expires", expires)
        made = self.run("guard", "waive", guard, "-C", str(self.estate.root), "--policy", str(self.policy), *words)
        assert made.exit_code == 0, made.output
        return made.stdout


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """An estate with 301 SIMs in one group, of which 300 are declared terminated."""
    estate = trial(tmp_path_factory.mktemp("waivers") / "estate", COUNT + 1)
    (estate.root / "estate" / "sims.yaml").unlink()
    _terminated(estate, NUMBERS[:COUNT])
    return estate


@pytest.fixture
def pipeline(template: Guarded, tmp_path: Path) -> Pipeline:
    """A pipeline that planned it."""
    found = Pipeline(template.copy_to(tmp_path / "estate"), tmp_path)
    assert found.plan().exit_code == 3
    return found


def _ended(estate: Guarded) -> int:
    return sum(sim["endpointStatus"] == "terminated" for sim in estate.platform()["endpoints"].values())


def test_without_a_waiver_nothing_ends(pipeline: Pipeline) -> None:
    """Exit 3, and the one command that goes on is the waiver, not a number on the command line."""
    refused = pipeline.apply()

    assert refused.exit_code == 3
    assert "reconciler guard waive terminations --plan FILE" in pipeline.plan().output
    assert "--allow" not in pipeline.plan().output


def test_a_waiver_of_one_less_names_the_extra_one(pipeline: Pipeline) -> None:
    """Exit 3 in plan, show and apply alike, with the SIM that nobody consented to."""
    _terminated(pipeline.estate, NUMBERS[: COUNT - 1])
    pipeline.plan()
    waiver = pipeline.waive("alice") + pipeline.waive("bob")
    _terminated(pipeline.estate, NUMBERS[:COUNT])
    pipeline.write(waiver)

    for ended in (pipeline.plan(), pipeline.show(), pipeline.apply()):
        assert ended.exit_code == 3
        assert f"is for 299 and does not have {NUMBERS[COUNT - 1]}" in ended.output


def test_many_terminations_need_two_approvers(pipeline: Pipeline) -> None:
    """One right waiver, or two of the same person, is not enough; two of different ones let 300 SIMs end."""
    one = pipeline.waive("alice")
    for waivers in (one, one + pipeline.waive("Alice ", expires=TODAY)):
        pipeline.write(waivers)
        for ended in (pipeline.plan(), pipeline.show(), pipeline.apply()):
            assert ended.exit_code == 3
            assert "second approver missing" in ended.output

    pipeline.write(one + pipeline.waive("bob"))

    shown = pipeline.plan()
    assert shown.exit_code == 0, shown.output
    assert f"waived by alice until {LATER} (scrapped) and bob until {LATER} (scrapped)" in shown.stdout
    assert pipeline.show().exit_code == 0
    done = pipeline.apply()
    assert done.exit_code == 0, done.output
    assert _ended(pipeline.estate) == COUNT


def test_a_rebase_keeps_a_waiver(pipeline: Pipeline) -> None:
    """Another edit, another order and comments are no other finding."""
    pipeline.write(pipeline.waive("alice") + pipeline.waive("bob"))
    pipeline.estate.declare(
        "else", "# a comment\nkind: OperatorPolicy\nmetadata: {name: p-new}\nspec: {default: allow}\n"
    )
    _terminated(pipeline.estate, NUMBERS[:COUNT][::-1])

    assert pipeline.plan().exit_code == 0


def test_one_more_voids_a_waiver(pipeline: Pipeline) -> None:
    """The 301st SIM is named."""
    pipeline.write(pipeline.waive("alice") + pipeline.waive("bob"))
    _terminated(pipeline.estate, NUMBERS)

    ended = pipeline.plan()

    assert ended.exit_code == 3
    assert f"does not have {NUMBERS[-1]}" in ended.output


def test_an_expired_waiver_holds_nowhere(pipeline: Pipeline) -> None:
    """Exit 3 in plan, show and apply, with the day."""
    text = (pipeline.waive("alice") + pipeline.waive("bob")).replace(LATER, PAST)
    pipeline.write(text)

    for ended in (pipeline.plan(), pipeline.show(), pipeline.apply()):
        assert ended.exit_code == 3
        assert f"expired on {PAST}" in ended.output
    assert _ended(pipeline.estate) == 0


def test_waivers_for_other_findings_are_listed(pipeline: Pipeline) -> None:
    """A waiver that holds for nothing is not an error, and not hidden."""
    waiver = pipeline.waive("alice")
    _terminated(pipeline.estate, [])
    pipeline.estate.declare("sims", listed("set-uk", "fleet-uk", NUMBERS[:2]))
    pipeline.write(waiver)

    ended = pipeline.plan()

    assert ended.exit_code == 0, ended.output
    assert "terminations: the waiver by alice" in ended.stdout
    assert "does not hold: for another finding" in ended.stdout


def test_a_number_is_no_consent_in_a_pipeline(pipeline: Pipeline) -> None:
    """Exit 64: nobody is there who could give it."""
    for words in (("--allow", "terminations=300"), ("--allow-terminate", "300")):
        ended = pipeline.run("plan", "-C", str(pipeline.estate.root), *words)
        assert ended.exit_code == 64
        assert "a waiver takes its place" in ended.stderr


def test_at_a_terminal_the_number_is_a_consent(pipeline: Pipeline) -> None:
    """``--allow-terminate`` stays, and says allowed."""
    ended = pipeline.estate.run("plan", "--allow-terminate", str(COUNT))

    assert ended.exit_code == 0, ended.output
    assert f"exactly {COUNT} are allowed" in ended.stdout


def test_a_change_set_waives_and_allows_nothing_for_itself(pipeline: Pipeline) -> None:
    """A waiver and a raised limit inside of the tree count for nothing: policy and limits are those of the base."""
    root = pipeline.estate.root
    base = committed(pipeline.estate, "base")
    (root / "policy.yaml").write_text(pipeline.policy.read_text(encoding="utf-8"), encoding="utf-8")
    (root / "CODEOWNERS").write_text("* @everyone\n/policy.yaml @security @noc # both\n", encoding="utf-8")
    committed(pipeline.estate, "policy")
    pipeline.write(pipeline.waive("mallory") + pipeline.waive("trudy"))
    (root / "policy.yaml").write_text(pipeline.policy.read_text(encoding="utf-8"), encoding="utf-8")
    pipeline.estate.configure("{terminations: off}")
    git(root, "switch", "--quiet", "--create", "topic")
    committed(pipeline.estate, "hostile")

    ended = pipeline.plan("--base", base, "--policy", "git:main:policy.yaml")

    assert ended.exit_code == 3
    assert "this change set raises it from 0 to off, which holds once it is on the base" in ended.output

    git(root, "branch", "--force", "main", "topic")
    merged = pipeline.plan("--policy", "git:main:policy.yaml")
    assert merged.exit_code == 0
    assert "owned by @security @noc" in merged.stdout


@pytest.mark.parametrize("place", ["git:main", "git:main:", "git:main:nothing.yaml", "git::policy.yaml", "git:-h:x"])
def test_a_policy_that_is_not_there_is_wrong_usage(pipeline: Pipeline, place: str) -> None:
    """Exit 64: a check that cannot be made is an error."""
    committed(pipeline.estate)

    ended = pipeline.plan("--policy", place)

    assert ended.exit_code == 64


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("expires: '2026-02-30'", "a day"),
        ("expires: ''", "a day"),
        (None, "expires"),
        ("expires: '2026-12-31'\n      number: many", "number"),
    ],
)
def test_a_waiver_without_an_end_is_invalid(pipeline: Pipeline, line: str | None, words: str) -> None:
    """Exit 8 with file and line."""
    text = pipeline.waive("alice")
    lines = [
        one
        for one in text.splitlines()
        if "expires" not in one and (line is None or "number" not in line or "number" not in one)
    ]
    pipeline.write("\n".join([*lines, *([f"    {line}"] if line else [])]) + "\n")

    ended = pipeline.plan()

    assert ended.exit_code == 8, ended.output
    assert words in ended.stderr
    assert "policy.yaml:" in ended.stderr


@pytest.mark.parametrize(
    ("guard", "words"),
    [
        ("ownership", ()),
        ("simMoves", ()),
        ("terminations", ("--expires", PAST)),
        ("terminations", ("--expires", "soon")),
        ("terminations", ("--reason", " ")),
        ("terminations", ("--approver", "a\nb")),
    ],
)
def test_nothing_is_waived_that_makes_no_sense(pipeline: Pipeline, guard: str, words: tuple[str, ...]) -> None:
    """Exit 64, and nothing on standard output."""
    given = ("--plan", str(pipeline.saved), "--reason", "x", "--approver", "y", "--expires", LATER)

    ended = pipeline.run("guard", "waive", guard, "-C", str(pipeline.estate.root), *given, *words)

    assert (ended.exit_code, ended.stdout) == (64, "")
