"""Commands that look at the account: ``catalogue``, ``get`` and ``describe``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.completions import list_names, list_words, seen_kinds
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_document, show_stream
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.operations.look import Scene
    from reconciler.operations.look_sims import SimFilter

_FORMS = ("table", "wide", "json", "csv", "name")
_RELATIONS = ("same", "differs", "undeclared", "missing", "unknown")


@click.command(name="get")
@click.argument("kind", metavar="[KIND|sims]", required=False, shell_complete=seen_kinds)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@options.chdir
@options.platform
@click.option("--group", metavar="PATTERN", help="SIMs of these groups.")
@click.option("--state", metavar="STATE", help="SIMs: pending, active, suspended or terminated. Objects: see below.")
@click.option(
    "--tag", "tags", metavar="PATTERN", multiple=True, help="SIMs with this tag. Repeatable: with all of them."
)
@click.option("--reference", metavar="PATTERN", help="SIMs with this reference.")
@click.option("--name", "title", metavar="PATTERN", help="SIMs or objects with this display name.")
@click.option("--iccid", metavar="PREFIX", help="SIMs whose number begins so.")
@click.option("--network", metavar="STATE", help="SIMs in this network state: unknown, detached, idle or active.")
@options.output(*_FORMS)
def get_command(
    *,
    kind: str | None,
    names: tuple[str, ...],
    group: str | None,
    state: str | None,
    tags: tuple[str, ...],
    reference: str | None,
    title: str | None,
    iccid: str | None,
    network: str | None,
    form: str,
) -> int:
    """
    List what is live, beside what is declared.

    KIND is written in any case, singular or plural, such as VSlice, vslices or groups; without one the kinds are
    counted. NAMEs and PATTERNs are shell patterns; a SIM is named by its ICCID. The state of an object is same,
    differs, undeclared or missing (declared and not live); secrets are not compared. SIMs are printed as they are
    read, so that a list of any length takes no more memory.
    """
    from reconciler.operations.look import SIMS, kind_of, looking
    from reconciler.operations.look_sims import SimFilter

    wanted = SimFilter(
        group=group, state=state, tags=tags, reference=reference, name=title, iccid=iccid, network=network
    )
    chosen = kind_of(kind) if kind is not None else None
    if chosen is None and not wanted.is_empty:
        message = "a filter needs a kind"
        raise UsageError(message, hint="write for example: reconciler get sims --group fleet-uk")
    if chosen != SIMS and wanted != SimFilter(state=state, name=title):
        message = "--group, --tag, --reference, --iccid and --network are for SIMs"
        raise UsageError(message, hint="write: reconciler get sims, or leave them out")
    if chosen != SIMS and state is not None and state not in _RELATIONS:
        message = f"an object is never {state[:40]!r}"
        raise UsageError(message, hint=f"states of objects: {', '.join(_RELATIONS)}")
    with looking(options.estate()) as scene:
        if chosen is None:
            return _kinds(scene, form)
        if chosen == SIMS:
            return _sims(scene, wanted, names, form)
        return _objects(scene, chosen, names, state=state, title=title, form=form)


def _kinds(scene: "Scene", form: str) -> int:
    from reconciler.operations.describe import counts
    from reconciler.reports.look import kinds_document, kinds_lines

    rows = counts(scene)
    if form == "json":
        show_document(kinds_document(rows))
    else:
        _show(kinds_lines(rows, form))
    return ExitCode.FINE


def _objects(
    scene: "Scene", kind: str, names: tuple[str, ...], *, state: str | None, title: str | None, form: str
) -> int:
    from fnmatch import fnmatchcase

    from reconciler.operations.look import objects
    from reconciler.reports.look import object_lines, objects_document

    rows = [
        row
        for row in objects(scene, kind, names)
        if (state is None or row.relation == state)
        and (title is None or fnmatchcase(str((row.live or row.declared or {}).get("displayName", "")), title))
    ]
    if form == "json":
        show_document(objects_document(rows))
    else:
        _show(object_lines(kind, rows, form))
    if not rows:
        click.echo(f"Nothing found: no {kind}{' of these names' if names else ''} is live or declared so.", err=True)
    return ExitCode.FINE


def _sims(scene: "Scene", wanted: "SimFilter", names: tuple[str, ...], form: str) -> int:
    from reconciler.operations.look_sims import sims
    from reconciler.reports.look import sim_document, sim_lines

    rows = sims(scene, wanted, names)
    if form == "json":
        return show_stream("sims", (sim_document(row) for row in rows))
    _show(sim_lines(rows, form))
    return ExitCode.FINE


def _show(lines: Iterable[str]) -> None:
    """Lines as they come."""
    for line in lines:
        click.echo(line)


@click.command(name="describe")
@click.argument("place", metavar="ADDRESS|ICCID", shell_complete=seen_kinds)
@click.argument("name", metavar="", required=False)
@options.chdir
@options.platform
@options.output("text", "json")
@options.colour
def describe_command(*, place: str, name: str | None, form: str) -> int:
    """
    Show everything about one object or SIM.

    ADDRESS is Kind/name such as RoutingTarget/fleet-out, or the two as words. Shown are the owner, what the platform
    made (a tunnel's public key and address), each field with = for as declared, ~ for different, + for not live and
    nothing for not declared, and who refers to it; of a SIM its states, IMSIs, addresses in each group, key values and
    the list that declares it.
    """
    from reconciler.operations.look import looking
    from reconciler.reports import look as reports

    if name is not None:
        place = name if place.lower() in {"sim", "sims"} else f"{place}/{name}"
    with looking(options.estate()) as scene:
        if place.isdecimal():
            from reconciler.operations.describe import sim_described

            body = _sim_document(*sim_described(scene, place))
            if form == "json":
                show_document(body)
            else:
                _show(reports.described_sim(body))
            return ExitCode.FINE
        from reconciler.operations.describe import object_described

        row, referrers = object_described(scene, place)
        if form == "json":
            show_document({"formatVersion": reports.VERSION, **reports.object_document(row), "referredToBy": referrers})
        else:
            _show(reports.described(row, referrers))
    return ExitCode.FINE


def _sim_document(row: Any, memberships: Any, key_values: Any) -> dict[str, Any]:
    from reconciler.reports.look import VERSION, sim_document

    places = [
        {"group": one.group, "type": one.sort, "address": one.address, "isFixed": one.is_fixed} for one in memberships
    ]
    return {"formatVersion": VERSION, **sim_document(row), "memberships": places, "keyValues": dict(key_values)}


@click.command(name="catalogue")
@click.argument("name", metavar="[LIST]", required=False, shell_complete=list_names)
@click.argument("words", metavar="[WORD]...", nargs=-1, shell_complete=list_words)
@options.chdir
@options.platform
@options.output("table", "json", "csv", "name")
def catalogue_command(*, name: str | None, words: tuple[str, ...], form: str) -> int:
    """
    List the words that the platform offers: gateways, operators, rate limits and more.

    Without LIST there is a line for each list. With WORDs only the rows that have one of them are shown. The lists are
    remembered beside the store, with their date: `validate` warns of values that were not in them, and `explain`,
    `schema` and completion show them. A list that the account does not offer is said to be missing, and nothing is
    checked against it.
    """
    from reconciler.operations.catalogue import catalogue
    from reconciler.reports import catalogue as reports

    found = catalogue(options.estate(), (name,) if name else ())
    if form == "json":
        show_document(reports.document(found, words))
        return ExitCode.FINE
    lines = reports.summary(found, form) if name is None else reports.rows(found.lists[name], words, form)
    for line in lines:
        click.echo(line)
    for one in found.lists.values():
        if name is not None and one.missing is not None:
            click.echo(f"note: the list {one.name} checks nothing: {one.missing}", err=True)
    return ExitCode.FINE
