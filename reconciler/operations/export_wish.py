"""The options of an export, understood."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.diagnostics import nearest
from reconciler.errors import UsageError
from reconciler.exporting.ground import ground_of
from reconciler.exporting.layout import FileLayout
from reconciler.exporting.selection import EVERYTHING, Criterion, Selection, known_fields
from reconciler.kinds import group_kind, kinds, sim_kind, sim_set_kind
from reconciler.operations.estate import Estate
from reconciler.operations.store_location import store_location
from reconciler.operations.validate import sound, validate
from reconciler.store.reader import read_inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    The subject of an export and its form: the choice, the layout, and whether it `is_brief`.

    A brief export leaves out values at the platform's default.
    """

    selection: Selection = EVERYTHING
    layout: FileLayout = FileLayout.KIND
    is_brief: bool = False


def wish_of(
    estate: Estate,
    *,
    layout: str = FileLayout.KIND,
    is_brief: bool = False,
    kinds: Sequence[str] = (),
    vslices: Sequence[str] = (),
    addresses: Sequence[str] = (),
    selectors: Sequence[str] = (),
    only_unmanaged: bool = False,
) -> Wish:
    """
    The wish that options say; `only_unmanaged` leaves out what the estate owns or declares.

    `UsageError` for a kind or a field that does not exist.
    """
    selection = Selection(
        kinds=frozenset(map(_kind, kinds)),
        vslices=tuple(vslices),
        addresses=tuple(addresses),
        criteria=tuple(map(_criterion, selectors)),
    )
    if only_unmanaged:
        selection = without_managed(estate, selection)
    return Wish(selection=selection, layout=FileLayout(layout), is_brief=is_brief)


def without_managed(estate: Estate, selection: Selection) -> Selection:
    """The selection without what the estate owns or declares, SIMs that it lists included."""
    loaded = sound(estate, validate(estate))
    configuration = loaded.configuration
    inventory = read_inventory(store_location(estate, configuration), configuration.name)
    owned = inventory.owned.values() if inventory is not None else ()
    ids = frozenset((one.address.kind, one.remote_id) for one in owned)
    ground = ground_of(loaded, {}, ())
    return selection.without(ids).beside(ground.declared, ground.listed, ground.referred)


def _kind(text: str) -> str:
    known = {name.lower(): name for name in kinds()}
    known |= {f"{name}s": kind for name, kind in known.items()}
    known |= {"sim": sim_set_kind().name, "sims": sim_set_kind().name, sim_kind().name.lower(): sim_set_kind().name}
    found = known.get(text.lower().replace("-", ""))
    if found is not None:
        return found
    guess = nearest(text, list(kinds()))
    message = f"--kind names no kind: {text[:40]!r}"
    raise UsageError(message, hint=f"did you mean {guess}?" if guess else f"kinds: {', '.join(kinds())}")


def _criterion(text: str) -> Criterion:
    field, sign, pattern = text.partition("=")
    if not sign or not field or not pattern:
        message = f"--selector takes FIELD=PATTERN, not {text[:60]!r}"
        raise UsageError(message, hint=f"write for example --selector name={group_kind().name[:1].lower()}-*")
    known = known_fields()
    if field.partition(".")[0] not in known:
        guess = nearest(field, sorted(known))
        message = f"--selector names no field: {field[:40]!r}"
        raise UsageError(message, hint=f"did you mean {guess}?" if guess else "see `reconciler explain KIND`")
    return Criterion(field, pattern)
