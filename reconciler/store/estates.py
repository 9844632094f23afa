"""
The estates of a store: their names, lineages and serials, and who else owns what (ADR 0009).

An estate is known by its name and told apart by its lineage: a new name keeps what is owned, and an estate that is
made later under an old name owns nothing of its predecessor.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, or_, select, update

from reconciler.errors import EstateError, StoreError
from reconciler.model.address import Address
from reconciler.store.records import UNRESOLVED
from reconciler.store.rows import RESTORE
from reconciler.store.tables import ACTION, ESTATE, RESOURCE, RUN
from reconciler.store.writing import Prepared

_FIND = Prepared(lambda _: select(ESTATE.c.lineage).where(ESTATE.c.name == bindparam("chosen")))


class StoredEstate(NamedTuple):
    """One estate of the store; `objects` is how many it owns."""

    name: str
    lineage: str
    serial: int
    objects: int


def lineage_of(connection: Connection, name: str) -> str | None:
    """The lineage of the estate with this name, None for one that the store does not know."""
    found = _FIND.first(connection, {"chosen": name})
    return None if found is None else str(found[0])


def register(connection: Connection, name: str, lineage: str) -> None:
    """Make an estate known. It owns nothing yet."""
    connection.execute(insert(ESTATE).values(lineage=lineage, name=name, serial=0))


def serial_of(connection: Connection, lineage: str) -> int:
    """How often what the estate owns was changed."""
    return int(connection.execute(select(ESTATE.c.serial).where(ESTATE.c.lineage == lineage)).scalar_one())


def known(connection: Connection) -> tuple[StoredEstate, ...]:
    """Every estate of the store, by name; `StoreError` when a name is no text, which SQLite would keep."""
    owned = func.count(RESOURCE.c.addr).label("objects")
    query = (
        select(ESTATE.c.name, ESTATE.c.lineage, ESTATE.c.serial, owned)
        .outerjoin(RESOURCE, RESOURCE.c.estate == ESTATE.c.lineage)
        .group_by(ESTATE.c.name, ESTATE.c.lineage, ESTATE.c.serial)
        .order_by(ESTATE.c.name)
    )
    found = tuple(StoredEstate(**row) for row in connection.execute(query).mappings())
    if not all(type(estate.name) is str and type(estate.lineage) is str for estate in found):
        message = "the store has an estate with a name that makes no sense"
        raise StoreError(message, hint=RESTORE)
    return found


def owned_by_others(connection: Connection, lineage: str | None) -> dict[tuple[str, str], str]:
    """The name of the owner of each object, by kind and id, that another estate of the store owns."""
    query = select(RESOURCE.c.kind, RESOURCE.c.remote_id, ESTATE.c.name).join(
        ESTATE, ESTATE.c.lineage == RESOURCE.c.estate
    )
    rows = connection.execute(query.where(RESOURCE.c.estate != (lineage or ""))).mappings()
    return {(row["kind"], row["remote_id"]): row["name"] for row in rows}


def begun_by_others(connection: Connection, lineage: str | None) -> dict[Address, str]:
    """The name of the estate whose creation of an object has no outcome yet, by address, where it is another one."""
    is_open = or_(*(ACTION.c.state == state.value for state in sorted(UNRESOLVED)))
    query = select(ACTION.c.addr, ESTATE.c.name).join(ESTATE, ESTATE.c.lineage == ACTION.c.estate)
    chosen = query.where((ACTION.c.op == "create") & is_open & (ACTION.c.estate != (lineage or "")))
    return {Address.parse(row["addr"]): row["name"] for row in connection.execute(chosen).mappings()}


def rename(connection: Connection, old: str, new: str) -> None:
    """
    Give an estate another name; what it owns, its journal and its history stay its own.

    Raises `EstateError` when there is no estate `old`, or when `new` is another estate that owns anything or has a
    history. An estate that is only known by name gives way.
    """
    estates: Mapping[str, StoredEstate] = {estate.name: estate for estate in known(connection)}
    if old not in estates:
        names = ", ".join(estates) or "none"
        message = f"the store knows no estate {old}, so it cannot become {new}"
        raise EstateError(message, hint=f"the estates of this store: {names}")
    if new in estates and new != old:
        other = estates[new]
        if other.objects or has_history(connection, other.lineage):
            message = f"the estate {old} cannot be called {new}: the store has an estate {new} already"
            raise EstateError(message, hint=f"choose another name for {old}, or rename {new} first")
        connection.execute(delete(ESTATE).where(ESTATE.c.lineage == other.lineage))
    connection.execute(update(ESTATE).where(ESTATE.c.name == old).values(name=new))


def transfer(connection: Connection, old: str, new: str, addresses: Collection[Address]) -> tuple[str, str]:
    """
    Make objects of one estate those of another, all of them or none; the lineages of the two.

    Raises `EstateError` when either is not known, when an object is not owned by `old`, when `new` owns or begins to
    make another object of the address, and when a request for an object has no outcome yet.
    """
    found: Mapping[str, StoredEstate] = {estate.name: estate for estate in known(connection)}
    missing = next((name for name in (old, new) if name not in found), None)
    if missing is not None or old == new:
        message = f"the store knows no estate {missing}" if missing else f"the estate {old} has its objects already"
        raise EstateError(message, hint=f"the estates of this store: {', '.join(found) or 'none'}")
    giver, taker = found[old].lineage, found[new].lineage
    names = sorted(map(str, addresses))
    _refuse_open(connection, names, {giver: old, taker: new})
    held = {row.addr for row in connection.execute(_rows_of(taker, names))}
    if held:
        message = f"the estate {new} owns another {min(held)}"
        raise EstateError(message, hint=f"give one of the two another name, or forget it in {new}: reconciler forget")
    given = {row.addr for row in connection.execute(_rows_of(giver, names))}
    if given != set(names):
        message = f"the estate {old} does not own {min(set(names) - given)}"
        raise EstateError(message, hint="see `reconciler inventory list`")
    moved = update(RESOURCE).where(RESOURCE.c.estate == giver, RESOURCE.c.addr.in_(names))
    connection.execute(moved.values(estate=taker, row_version=RESOURCE.c.row_version + 1))
    counted = update(ESTATE).where(ESTATE.c.lineage.in_((giver, taker)))
    connection.execute(counted.values(serial=ESTATE.c.serial + 1))
    return giver, taker


def _rows_of(lineage: str, names: Sequence[str]) -> Select[tuple[str]]:
    return select(RESOURCE.c.addr).where(RESOURCE.c.estate == lineage, RESOURCE.c.addr.in_(names))


def _refuse_open(connection: Connection, names: Sequence[str], estates: Mapping[str, str]) -> None:
    """Raise `EstateError` where a request for one of the addresses has no outcome: it would belong to neither."""
    is_open = or_(*(ACTION.c.state == state.value for state in sorted(UNRESOLVED)))
    query = select(ACTION.c.addr, ACTION.c.estate).where(is_open, ACTION.c.addr.in_(names))
    row = connection.execute(query.where(ACTION.c.estate.in_(estates)).order_by(ACTION.c.addr)).first()
    if row is not None:
        owner = estates[row.estate]
        message = f"a request of the estate {owner} for {row.addr} has no outcome yet"
        raise EstateError(message, hint=f"run `reconciler recover` in the folder of {owner} first")


def has_history(connection: Connection, lineage: str) -> bool:
    """Whether the estate ever began a run or intended a request."""
    return any(
        connection.execute(select(func.count()).select_from(table).where(table.c.estate == lineage)).scalar_one()
        for table in (RUN, ACTION)
    )
