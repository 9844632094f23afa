"""A list that lies is read again or refused: no plan is made of it that would not be made of the truth (I10)."""

from pathlib import Path

import pytest

from reconciler.operations.validate import check
from tests.features.sims.estate import HEAD, iccids
from tests.robustness.wire_faults.lying import HARMLESS_ORIGIN, LIES, Liars

SERVERS = 800
SIMS = iccids(10)
CORPUS = Path(__file__).parents[2] / "corpus" / "wire" / "liars.txt"


def estate(root: Path) -> Liars:
    """The platforms, and an estate in a folder."""
    documents = [
        f"kind: OperatorPolicy\nmetadata: {{name: policy-{number}}}\nspec: {{default: allow, entries: []}}\n"
        for number in (0, 1, 2, 5, 6, 9, 20, 21)
    ]
    rows = ", ".join(f'{{iccid: "{sim}"}}' for sim in SIMS[:8])
    documents.append(
        "kind: EndpointSet\nmetadata: {name: set-a}\n"
        f"spec: {{group: existing:fleet-a, members: [{{list: [{rows}]}}], authority: exclusive}}\n"
    )
    (root / "estate.yaml").write_text("---\n".join(HEAD + text for text in documents), encoding="utf-8")
    return Liars(check(root, remember=False).sound(), SIMS)


@pytest.mark.slow
def test_no_plan_is_made_of_lies(tmp_path: Path) -> None:
    """Of two thousand platforms with lists that lie, each plan is the plan of the truth, or there is none."""
    liars = estate(tmp_path)
    assert [found for seed in range(SERVERS) if (found := liars.tell(seed))] == []
    assert liars.told == SERVERS
    assert SERVERS // 5 < liars.refused < SERVERS


def test_platforms_that_once_deceived_us_do_so_no_more(tmp_path: Path) -> None:
    """Seeds that were found, for ever."""
    liars = estate(tmp_path)
    seeds = [int(line) for line in CORPUS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert [found for seed in seeds if (found := liars.tell(seed))] == []


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_is_told(lie: str) -> None:
    """The lies have names of their own, and the platform's address belongs to no one."""
    assert LIES.count(lie) == 1
    assert "example" in HARMLESS_ORIGIN
