"""Commands that compare the account with what is expected of it: ``drift``, ``export``, ``doctor`` and ``probe``."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.cli.output import show_document
from reconciler.errors import InvalidManifests, UsageError

if TYPE_CHECKING:
    from reconciler.operations.drift import DriftFound

_MOST_NAMED = 20


@click.command(name="drift")
@click.argument("addresses", metavar="[KIND/NAME]...", nargs=-1)
@click.option("--write", "writes", is_flag=True, help="Bring the live values into the manifests, in their own lines.")
@click.option("--revert", "reverts", is_flag=True, help="Plan and apply what makes it as declared again.")
@options.auto_approve
@options.guards
@options.chdir
@options.platform
@options.reports
@options.output("text", "json")
@options.colour
def drift_command(*, addresses: tuple[str, ...], writes: bool, reverts: bool, approved: bool, form: str) -> int:
    """
    Show what changed on the platform since the last apply.

    Compares every object that this estate owns with what was last applied to it, and every SIM with the manifests and
    files that were last applied, as long as these are the same. Names and patterns choose some of them. Exit code 2
    when there is drift. Objects and SIMs outside of spec.scope are not compared.

    With --write the manifests say afterwards what lives: only the lines of what drifted change, comments stay, secrets
    are never written. Exit code 2 when something had to be left. With --revert the platform goes back to what is
    declared: an ordinary plan of what drifted, with its guards and its question.
    """
    if reverts:
        return _reverted(addresses, writes=writes, approved=approved)
    from reconciler.cli.output import show, show_document
    from reconciler.cli.reporting import reporting
    from reconciler.operations.drift import drift
    from reconciler.operations.drift_writing import write_drift
    from reconciler.reports.documents import drift_document
    from reconciler.reports.drift_text import drift_written, written_document
    from reconciler.reports.plan_view import Purpose
    from reconciler.reports.viewing import view_without_plan

    estate = options.estate()
    with reporting(Purpose.DRIFT, estate) as reports:
        written = write_drift(estate, addresses) if writes else None
        found = drift(estate, addresses) if written is None else written.found
        code = ExitCode.PENDING if found.objects or found.sims else ExitCode.FINE
        if written is not None and (written.written or written.left):
            code = ExitCode.PENDING if written.left else ExitCode.FINE
        notes = tuple(_not_compared(found))
        context = replace(
            reports.context, drift=found.objects, sim_drift=found.sims, undetermined=notes, exit_code=code
        )
        reports.write(view_without_plan(context))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    with redirect_stdout(sys.stderr) if reports.take_standard_output else nullcontext():
        if written is not None and form == "json":
            body = drift_document(found.objects, found.sims, found.authors)
            show_document({**body, **written_document(written.written, written.left)})
        elif written is not None and (written.written or written.left):
            show(drift_written(written.written, written.left))
        else:
            _show_drift(found, form)
    return code


def _not_compared(found: "DriftFound") -> Iterator[str]:
    """Sentences on what could not be compared."""
    if found.outside:
        count = f"{len(found.outside):,} owned object{' is' if len(found.outside) == 1 else 's are'}"
        some = ", ".join(map(str, found.outside[:_MOST_NAMED]))
        yield f"{count} outside of the scope (spec.scope), and not compared: {some}"
    if found.unclear_sims:
        yield (
            f"{found.unclear_sims:,} SIMs are not as the manifests say, which changed since SIMs were last "
            "applied completely; whether they drifted is not known: see `reconciler plan`"
        )


def _show_drift(found: "DriftFound", form: str) -> None:
    from reconciler.cli.output import show, show_document
    from reconciler.reports.documents import drift_document
    from reconciler.reports.plan_text import drift_text
    from reconciler.reports.roster_text import drift_of_sims
    from reconciler.reports.style import painted, plain

    if form == "json":
        show_document(drift_document(found.objects, found.sims, found.authors))
    elif found.objects or found.sims:
        paint = painted if options.is_coloured(sys.stdout) else plain
        objects = [drift_text(found.objects, paint, found.authors)] if found.objects else []
        show("\n".join([*objects, *drift_of_sims(found.sims)]))
    else:
        more = f", and so are {found.compared_sims:,} SIMs" if found.compared_sims is not None else ""
        click.echo(f"No drift. {found.compared} owned objects are as last applied{more}.")


def _reverted(addresses: tuple[str, ...], *, writes: bool, approved: bool) -> int:
    """Undo the drift of these, or of everything."""
    from reconciler.cli.applying import applied
    from reconciler.operations.drift_reverting import revert_drift

    if writes:
        message = "--write accepts what changed and --revert undoes it"
        raise UsageError(message, hint="leave out one of the two")
    if not (approved or options.is_interactive()):
        message = "nobody can be asked for approval here"
        raise UsageError(message, hint="add --auto-approve")
    estate = options.estate()
    return applied(
        lambda review: revert_drift(estate, addresses, review=review),
        is_approved=approved,
        verbose=True,
        words=lambda _: addresses,
    )


@click.command(name="doctor")
@options.chdir
@options.platform
def doctor_command() -> int:
    """
    Check configuration, store, platform and token; changes nothing.

    Every check is made, whatever the others found; the exit code is that of the first one that failed.
    """
    from reconciler.operations.doctor import doctor

    code = ExitCode.FINE.value
    for subject, words, error in doctor(options.estate()):
        match error:
            case None:
                click.echo(f"ok    {subject}: {words}")
                continue
            case InvalidManifests():
                click.echo(f"FAIL  {subject}: {error}; run `reconciler validate`")
            case _:
                click.echo(f"FAIL  {subject}: {error}{f' ({error.hint})' if error.hint else ''}")
        code = code or error.exit_code
    return code


@click.command(name="probe")
@options.chdir
@options.platform
def probe_command() -> int:
    """
    Compare a real account's answers with what we expect; reads only.

    Reads one page of each collection and one object with its sub-collections, and prints as JSON which members are
    missing, unknown or of another type. Shapes only: no value is printed.
    """
    from reconciler.operations.doctor import probe

    found = probe(options.estate())
    show_document(found)
    errors = {kind.get("error") for kind in found["kinds"].values()}
    if errors == {"Unauthorised"}:
        return ExitCode.UNAUTHORISED
    return ExitCode.FINE if None in errors else ExitCode.PLATFORM
