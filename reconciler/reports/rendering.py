"""The reach of an edit of templates, as text."""

from collections.abc import Mapping, Sequence
from typing import Protocol

_MOST_NAMED = 6


class EditText(Protocol):
    """One rolled-up edit, as the text needs it."""

    @property
    def resource(self) -> str:
        """The id of the resource."""
        ...

    @property
    def field(self) -> str:
        """The field, empty for a whole object."""
        ...

    @property
    def before(self) -> str:
        """The value before."""
        ...

    @property
    def after(self) -> str:
        """The value after."""
        ...

    @property
    def divisions(self) -> tuple[str, ...]:
        """The divisions."""
        ...

    @property
    def objects(self) -> int:
        """How many objects."""
        ...

    @property
    def patched(self) -> tuple[str, ...]:
        """The divisions that patch the field."""
        ...


class ReachText(Protocol):
    """A difference of renderings, as the text needs it."""

    @property
    def revision(self) -> str:
        """The revision."""
        ...

    @property
    def edits(self) -> Sequence[EditText]:
        """The edits."""
        ...

    @property
    def reached(self) -> tuple[str, ...]:
        """The divisions that differ."""
        ...

    @property
    def unreached(self) -> tuple[str, ...]:
        """The divisions that do not."""
        ...

    @property
    def failing(self) -> Mapping[str, str]:
        """The divisions that do not render, with the reason."""
        ...


def difference_text(found: ReachText) -> str:
    """A line for each edit, with how many divisions it reaches, and the divisions that it does not reach."""
    total = len(found.reached) + len(found.unreached) + len(found.failing)
    lines = []
    for edit in found.edits:
        count = len(edit.divisions)
        lines.append(f"{count:,} of {total:,} divisions: {_edit(edit)}")
        lines.append(f"    {_named(edit.divisions)}")
        if edit.patched:
            lines.append(f"    a patch decides about it in: {_named(edit.patched)}")
    for name, reason in sorted(found.failing.items()):
        lines.append(f"division {name} does not render: {reason}")
    if not lines:
        lines.append(f"Nothing differs from {found.revision}.")
    lines.append(f"Not reached: {_named(found.unreached) or 'none'}")
    return "\n".join(lines)


def _edit(edit: EditText) -> str:
    objects = f"{edit.objects:,} object{'' if edit.objects == 1 else 's'}"
    if not edit.field:
        return f"{edit.resource} {'created' if edit.after else 'gone'} ({objects})"
    return f"{edit.resource} {edit.field} {edit.before} → {edit.after} ({objects})"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
