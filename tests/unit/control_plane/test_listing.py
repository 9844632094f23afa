"""A list is read completely or not at all (I10)."""

import pytest

from reconciler.control_plane.errors import IncompleteRead
from reconciler.control_plane.listing import PASSES, ListPage, ListReader


def _rows(*names: str) -> list[dict[str, str]]:
    return [{"id": name} for name in names]


def _listing(*passes: ListPage) -> ListReader:
    """A list of one page, which answers these one after the other and the last one for ever."""
    left = list(passes)

    def page(_path: str, offset: int) -> ListPage:
        if offset:
            return ListPage([], passes[-1].total)
        return left.pop(0) if len(left) > 1 else left[0]

    return ListReader(page, at_once=1)


@pytest.mark.parametrize(
    "page",
    [ListPage(_rows("a", "b"), 3), ListPage(_rows("a", "b", "c"), 2), ListPage(_rows("a", "a"), 2), ListPage([], 1)],
    ids=["a row is missing", "a row too many", "a row twice", "no rows"],
)
def test_a_list_that_contradicts_itself_is_refused(page: ListPage) -> None:
    """However often it says the same."""
    with pytest.raises(IncompleteRead):
        _listing(page).rows("/things")


def test_a_list_that_was_read_completely_once_is_taken() -> None:
    """A row that was odd in one pass and is not in another was somebody at work."""
    odd = [ListPage(_rows("a"), 2)] * (PASSES - 1)

    assert _listing(*odd, ListPage(_rows("a", "b"), 2)).rows("/things") == _rows("a", "b")
