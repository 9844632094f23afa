"""Names of variables that are generated, and text of JSON that is printed."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.exporting.composing import Composition, composed
from reconciler.model.address import Address
from reconciler.model.json_text import json_text
from reconciler.model.reserved_variables import owner_of
from reconciler.model.scalars import is_moniker
from reconciler.model.snapshot import Account, Observed, Snapshot


def _variables(snapshot: Snapshot) -> list[str]:
    return [one.name for one in composed(snapshot, Composition()).variables.values()]


def _hook(name: str) -> Observed:
    return Observed(Address("EventHandler", name), name, {"webhook": {"url": "sealed", "bearerToken": "sealed"}})


def _page(name: str) -> Observed:
    return Observed(Address("EdgeService", name), f"e-{name}", {"basicAuth": {"username": "u", "password": "sealed"}})


@pytest.mark.parametrize(
    ("objects", "count"),
    [
        ([_hook("noc-hook"), _hook("noc_hook")], 4),
        ([_hook("noc-hook"), _page("noc-hook")], 3),
        ([_hook("event-handler"), _hook("event_handler"), _hook("1st-hook"), _page("1st-hook")], 7),
        ([_hook("noc-hook-url"), _hook("noc-hook")], 4),
    ],
)
def test_two_secrets_never_share_a_generated_variable(objects: list[Observed], count: int) -> None:
    """Each secret of an export has a variable of its own, which manifests may read."""
    snapshot = Snapshot(Account("https://platform.example/api/v1", None), objects)
    names = _variables(snapshot)
    assert (len(names), len(set(names)), [name for name in names if owner_of(name)]) == (count, count, [])


@pytest.mark.parametrize("letter", "\x7f\x85\x9b\u00ad\u200b\u200d\u202e\u2028\u2066\ufeff\U000e0041")
def test_json_shows_what_nobody_sees_as_an_escape(letter: str) -> None:
    """A C1, bidi or zero-width character is shown as an escape, and reads back as itself."""
    text = json_text({"name": f"ä{letter}ö"})
    assert (letter in text, "ä" in text, json.loads(text)) == (False, True, {"name": f"ä{letter}ö"})


@given(
    st.lists(st.text("ab0-_", min_size=5, max_size=7).filter(is_moniker), min_size=2, max_size=12, unique=True),
    st.data(),
)
def test_generated_variables_are_names_of_variables_and_differ(names: list[str], data: st.DataObject) -> None:
    """Variables are such names for all names of objects: signs, capitals, and names like generated ones."""
    made = [*map(_hook, names), *map(_page, names)]
    first = _variables(Snapshot(Account("https://platform.example/api/v1", None), made))
    # An object that is called like a variable that was generated.
    like = data.draw(st.sampled_from(first)).removeprefix("EVENT_HANDLER_").removesuffix("_URL").lower()
    made += [_hook(like)] if like not in names else []
    found = _variables(Snapshot(Account("https://platform.example/api/v1", None), made))
    assert (len(set(found)), all(re.fullmatch("[A-Z_][A-Z0-9_]*", name) for name in found)) == (len(found), True)
