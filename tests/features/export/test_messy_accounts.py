"""
Accounts that people made, under management: drawn by the grammar of `tests.accounts`, which knows no manifest.

`RECONCILER_ACCOUNTS=400` draws that many, and a quarter as many seen through a newer platform.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.accounts.edits import edit, state
from tests.accounts.grammar import Grammar
from tests.accounts.newer import NewerPlatform
from tests.accounts.platform import Platform, platform, tree
from tests.accounts.trial import complaints, secrets_of

ACCOUNTS = int(os.environ.get("RECONCILER_ACCOUNTS") or 8)
TRIES, INVALID = 3, 8
FIRST = int(os.environ.get("RECONCILER_SEED") or 11_000)
SEEDS = range(FIRST, FIRST + ACCOUNTS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_an_account_as_people_made_it_comes_under_management(
    seed: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Valid, no change, nothing written, the same bytes again; each live value is in a manifest or in the table."""
    with platform() as account:
        made = Grammar(Random(seed), account.client).fill()
        record_property("accounts that people made", 1)
        assert (made.accepted > 0, complaints(account, tmp_path)) == (True, [])


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[: max(1, ACCOUNTS // 4)])
def test_an_account_of_values_that_manifests_can_say_has_no_row(seed: int, tmp_path: Path) -> None:
    """The table is for values that no manifest can hold, and for no other."""
    with platform() as account:
        Grammar(Random(seed), account.client, is_plain=True).fill()
        assert complaints(account, tmp_path, is_plain=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[: max(1, ACCOUNTS // 4)])
def test_an_account_of_a_newer_platform_comes_under_management(
    seed: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Members that are added, respelt, retyped or left out on the way make nothing invalid, and are told."""
    with platform(NewerPlatform(seed)) as account:
        Grammar(Random(seed), account.client).fill()
        record_property("accounts of a newer platform", 1)
        assert complaints(account, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("is_newer", [False, True], ids=["as it is", "newer"])
@pytest.mark.parametrize("seed", SEEDS)
def test_an_edit_changes_its_field_and_nothing_else(
    seed: int, tmp_path: Path, record_property: Callable[[str, object], None], *, is_newer: bool
) -> None:
    """Of everything that the account holds, one value differs after an edit of one field is applied."""
    with platform(NewerPlatform(seed) if is_newer else None) as account:
        Grammar(Random(seed), account.client).fill()
        folder = tmp_path / "estate"
        account.run("export", str(folder))
        account.environment |= secrets_of(account, folder)
        account.run("apply", "--adopt", "-y", "-C", str(folder))
        random, made = Random(seed), 0
        for _ in range(TRIES):
            made += _edited(account, folder, random)
        record_property("edits of accounts that people made", made)


def _edited(account: Platform, folder: Path, random: Random) -> int:
    """Apply one edit; 0 for one that is refused, and taken back."""
    files = tree(folder)
    chosen = edit(folder, random)
    if chosen is None:
        return 0
    before = state(account)
    account.simulator.clear_log()
    applied = account.run("apply", "-y", "-C", str(folder))
    after = state(account)
    differing = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    if applied.exit_code == INVALID:
        assert (differing, account.written()) == ([], [])
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return 0
    assert (chosen, applied.exit_code, len(differing)) == (chosen, 0, 1), (differing, applied.output)
    plan = account.run("plan", "--detailed-exitcode", "-C", str(folder))
    assert (chosen, plan.exit_code) == (chosen, 0), plan.output
    return 1
