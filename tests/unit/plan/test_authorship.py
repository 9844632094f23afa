"""The person who changed an object, and the time, are said where the platform tells them, and never made up."""

from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.snapshot import Observed
from reconciler.plan.authorship import Authorship, authorship_of


def _seen(**unknown: Any) -> Observed:
    return Observed(Address("VSlice", "net"), "id", {}, unknown=unknown)


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        ({}, None),
        ({"colour": "blue", "modifiedBy": None, "updatedAt": 7, "lastModifiedBy": {"rank": 1}}, None),
        ({"modifiedBy": "Ana", "modifiedOn": "2026-11-27T09:00:00Z"}, Authorship("Ana", "2026-11-27T09:00:00Z")),
        ({"lastModifiedBy": {"id": "7", "name": " Ana\n Li "}}, Authorship("Ana Li", None)),
        ({"LAST_UPDATED": "today"}, Authorship(None, "today")),
        ({"changedBy": "x" * 200}, Authorship("x" * 100, None)),
    ],
)
def test_members_that_say_who_and_when_are_read(unknown: dict[str, Any], expected: Authorship | None) -> None:
    """By their names, in any case; a person may be an object with a name. Text of others is cut to a line."""
    assert authorship_of(_seen(**unknown)) == expected


def test_the_words_have_what_is_known() -> None:
    """The person, the time, or both."""
    assert [str(Authorship(*one)) for one in (("Ana", "today"), ("Ana", None), (None, "today"))] == [
        "by Ana, today",
        "by Ana",
        "today",
    ]
