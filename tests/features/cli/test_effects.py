"""The effect of a plan: an approval of it outlives another file, another store and another order, and nothing more."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.features.cli.guarded import Guarded, csv, trial
from tests.features.sims.estate import iccids

SIMS = iccids(6)
HOOK = """kind: EventHandler
metadata: {name: the-hook}
spec: {webhook: {url: https://hooks.example.net/in, bearerToken: {secretRef: {env: HOOK_TOKEN}}}}
"""


def _policy(default: str = "allow", title: str = "Title") -> str:
    return f"kind: OperatorPolicy\nmetadata: {{name: p-one}}\nspec: {{default: {default}, displayName: {title}}}\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """An applied estate with an edit, a creation with a secret, and a SIM that moves."""
    estate = trial(tmp_path_factory.mktemp("effects") / "estate", 6, applied=False)
    estate.declare("policy", _policy())
    estate.apply()
    estate.declare("policy", _policy("reject-hard"))
    estate.declare("hook", HOOK)
    estate.write("sims/uk.csv", csv(SIMS[1:], name="Van"))
    estate.write("sims/de.csv", csv(SIMS[:1], name="Van"))
    return estate


@pytest.fixture
def estate(template: Guarded, tmp_path: Path) -> Guarded:
    """A copy of it."""
    return template.copy_to(tmp_path / "estate")


def _place(estate: Guarded, **groups: list[str]) -> None:
    for name, numbers in groups.items():
        estate.write(f"sims/{name}.csv", csv(numbers, name="Van"))


def _effect(estate: Guarded, *words: str) -> str:
    result = estate.run("plan", "-o", "json", *words)
    assert result.exit_code in {0, 3}, result.output
    return str(json.loads(result.stdout)["effect"])


def _without_store(estate: Guarded) -> None:
    """A fresh store that owns nothing, and a fresh platform."""
    shutil.rmtree(estate.root / ".reconciler")
    estate.stock(SIMS)


SAME: dict[str, Callable[[Guarded], object]] = {
    "a comment": lambda e: e.write("estate/policy.yaml", f"# why\n{(e.root / 'estate/policy.yaml').read_text()}"),
    "another file": lambda e: (e.root / "estate" / "policy.yaml").rename(e.root / "estate" / "another.yaml"),
    "another order": lambda e: e.write("sims/uk.csv", csv(SIMS[:0:-1], name="Van")),
    "another limit": lambda e: e.configure("{simMoves: 0}"),
    "another secret": lambda _: None,
}
OTHER: dict[str, Callable[[Guarded], object]] = {
    "one value": lambda e: e.declare("policy", _policy("reject-hard", "Other")),
    "one SIM": lambda e: _place(e, uk=SIMS[2:], de=SIMS[:2]),
    "one setting of a SIM": lambda e: e.write("sims/uk.csv", csv(SIMS[1:], name="Car")),
    "one action": lambda e: (e.root / "estate" / "policy.yaml").unlink(),
    "another reference": lambda e: e.declare("hook", HOOK.replace("HOOK_TOKEN", "OTHER_TOKEN")),
    "another host": lambda e: e.declare("hook", HOOK.replace("hooks.example.net", "evil.example.net")),
    "a protection": lambda e: e.declare(
        "policy", _policy("reject-hard").replace("p-one", 'p-one, annotations: {reconciler.dev/protect: "true"}')
    ),
    "another group": lambda e: _place(e, de=[], fr=SIMS[:1]),
}


@pytest.mark.parametrize("how", list(SAME))
def test_what_does_the_same_has_the_same_effect(estate: Guarded, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments, files, order, limits and the value of a secret that is not there yet are no part of it."""
    before = _effect(estate)
    if how == "another secret":
        monkeypatch.setenv("HOOK_TOKEN", "a token")
    SAME[how](estate)

    assert _effect(estate) == before


@pytest.mark.parametrize("how", list(OTHER))
def test_what_does_something_else_has_another_effect(estate: Guarded, how: str) -> None:
    """One value, one SIM, one action, one reference, one host."""
    before = _effect(estate)
    OTHER[how](estate)

    assert _effect(estate) != before


def test_two_fresh_stores_give_the_same_effect(estate: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each store has a key and a lineage of its own; the digests of the files differ."""
    monkeypatch.setenv("HOOK_TOKEN", "a token")
    found = []
    for _ in range(2):
        _without_store(estate)
        found.append(_effect(estate))
        (estate.root / "estate" / "hook.yaml").rename(estate.root / "hook.yaml")
        assert estate.run("apply", "--auto-approve", "--target", "RegionalPolicy/*").exit_code == 0
        (estate.root / "hook.yaml").rename(estate.root / "estate" / "hook.yaml")
        found.append(_effect(estate))

    assert (found[0], found[1]) == (found[2], found[3])
    assert found[0] != found[1]


def test_an_approved_effect_is_planned_again_and_applied(estate: Guarded, tmp_path: Path) -> None:
    """On the merge commit the file has another digest, and the effect is the approved one."""
    effect = _effect(estate)
    SAME["a comment"](estate)
    saved = str(tmp_path / "saved.plan")

    # The host of the webhook is new, which is for a waiver; the effect is the expected one.
    assert estate.run("plan", "--expect", effect, "--out", saved).exit_code == 3
    allowed = ("--allow", "newPeers=1")
    assert estate.run("plan", "--expect", effect, "--out", saved, *allowed).exit_code == 0
    (estate.root / "estate" / "hook.yaml").unlink()
    refused = estate.run("apply", "--auto-approve", "--expect", effect)

    assert refused.exit_code == 4
    assert "not the expected effect:sha256:" in refused.stderr


def test_another_effect_names_the_differing_entries(estate: Guarded, tmp_path: Path) -> None:
    """Exit 4 with what is new, gone or different since the approved plan."""
    saved = str(tmp_path / "saved.plan")
    effect = _effect(estate, "--out", saved)
    estate.declare("policy", _policy("reject-hard", "Other"))
    estate.declare("more", _policy().replace("p-one", "p-two"))
    (estate.root / "estate" / "hook.yaml").unlink()

    result = estate.run("plan", "--expect", effect, "--against", saved)

    assert result.exit_code == 4
    for line in (
        "different: update OperatorPolicy/p-one",
        "new: create OperatorPolicy/p-two",
        "gone: create EventHandler/the-hook",
    ):
        assert line in result.stderr


def test_a_plan_says_how_it_differs_from_the_last_one(estate: Guarded, tmp_path: Path) -> None:
    """Changes and SIMs more or fewer, and whether the verdict is the same."""
    saved = str(tmp_path / "saved.plan")
    estate.run("plan", "--out", saved)
    assert "as many changes, as many SIMs, verdict the same" in estate.run("plan", "--against", saved).stdout
    estate.declare("more", _policy().replace("p-one", "p-two"))
    OTHER["one SIM"](estate)
    estate.configure("{simMoves: 0}")

    shown = estate.run("plan", "--against", saved).stdout

    assert "Since the last plan" in shown
    assert "2 changes more" in shown
    assert "new: create OperatorPolicy/p-two" in shown
    assert "different: move EndpointSet/set-de" in shown


@pytest.mark.parametrize("digest", ["", "effect:", "sha256:", "effect:sha256:0"])
def test_a_senseless_expectation_is_never_met(estate: Guarded, digest: str) -> None:
    """Giving a check never weakens anything."""
    assert estate.run("plan", "--expect", digest).exit_code == 4
