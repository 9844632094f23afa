"""``reconciler plan``."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.exit_codes import ExitCode
from reconciler.named_files import is_standard_output
from reconciler.redaction import KNOWN

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic
    from reconciler.errors import ReconcilerError
    from reconciler.plan.plan import Plan


_OF_APPLY = frozenset({"root", "store", "secrets", "origin", "token_file", "token_argument", "wire_table", "policy"})
_OF_PLANNING = frozenset({"paths", "prunes", "adopt"})


@click.command(name="plan")
@options.chdir
@options.the_only_files
@options.prune
@options.platform
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan, for review and `apply FILE`.",
)
@click.option(
    "--detailed-exitcode",
    "--exit-code",
    "--non-zero-exit-code",
    "detailed",
    is_flag=True,
    help="Exit with 2 when changes are pending.",
)
@options.adopt
@options.guards
@click.option("--verbose", "-v", is_flag=True, help="List every change, also identical ones.")
@options.output("text", "json")
@options.colour
def command(
    *,
    root: Path,
    paths: tuple[str, ...],
    prunes: bool,
    origin: str | None,
    token_file: Path | None,
    token_argument: str | None,
    wire_table: Path | None,
    out: Path | None,
    detailed: bool,
    adopt: bool,
    verbose: bool,
    form: str,
) -> int:
    """
    Show what would change, and how many SIMs it touches.

    Reads the whole account and compares it with the manifests. Changes nothing. A refusal by a guard never hides the
    plan: everything is printed and written, then the exit code is 3.
    """
    from reconciler.cli.guarding import again, consents_of, way_on
    from reconciler.cli.main import show_error
    from reconciler.cli.secret_source import unavailable
    from reconciler.cli.session import opened
    from reconciler.cli.wiring import Platform
    from reconciler.environment import is_ci, uncollected
    from reconciler.plan.planfile import save

    platform = Platform(origin, token_file, token_argument, wire_table)
    with uncollected(), opened(root, platform, paths=paths) as session:
        planned = session.plan(prunes=prunes, adopting=adopt)
    code = ExitCode.PENDING if detailed and not planned.plan.is_empty else ExitCode.FINE
    # At a desk the line in the plan is enough; a program that asks by the exit code is never told that nothing changes.
    is_silent = detailed and planned.plan.is_empty
    unresolved = unavailable(planned.plan) if is_ci(session.environment.variables) or is_silent else None
    if planned.plan.objections():
        code, unresolved = ExitCode.REFUSED, None
    elif unresolved is not None:
        code = ExitCode.INVALID
    if out is not None:
        save(planned.plan, out)
    # A plan file on standard output has it for itself.
    with redirect_stdout(sys.stderr) if out is not None and is_standard_output(out) else nullcontext():
        if form == "json":
            with KNOWN.exactly():
                click.echo(document(planned.plan, code, session.diagnostics, unresolved))
        else:
            show_plan(planned.plan, planned.digest, verbose=verbose)
    if out is None:
        apply = again("apply", kept=_OF_APPLY | _OF_PLANNING)
    else:
        apply = again("apply", str(out), "--expect", planned.digest, kept=_OF_APPLY)
    if planned.plan.objections():
        click.echo(f"{'' if out is None else f'Saved to {out}. '}{way_on(planned.plan, apply)}", err=True)
    elif out is not None:
        click.echo(f"Saved to {out}. Apply it with: {apply}{consents_of(planned.plan)}", err=True)
    if unresolved is not None:
        show_error(unresolved)
    return code


def document(
    plan: "Plan", code: int, diagnostics: "Sequence[Diagnostic]", error: "ReconcilerError | None" = None
) -> str:
    """A plan as the one JSON document that `plan` prints: the plan file's members, the exit code and the warnings."""
    import json

    from reconciler.model.json_text import json_text
    from reconciler.plan.not_compared import body_of
    from reconciler.plan.planfile import body_of_verdict, encode
    from reconciler.reports.diagnostics import as_json

    outcome = {
        "exitCode": code,
        "error": None if error is None else KNOWN.document({"message": str(error), "hint": error.hint}),
        "diagnostics": KNOWN.document(as_json(diagnostics)),
        "secretsNotCompared": body_of(plan.uncompared),
        **destinations(plan),
        "verdicts": [body_of_verdict(result) for result in plan.verdicts],
    }
    return json_text({**json.loads(encode(plan)), **outcome}, sort_keys=True, separators=(",", ":"))


def destinations(plan: "Plan") -> dict[str, Any]:
    """Where secrets and traffic go because of a plan, as JSON values: computed, and no member of a plan file."""
    from reconciler.plan.flows import flows_of, new_peers

    return {
        "flows": [
            {"address": str(flow.address), "reference": flow.reference, "field": flow.field, "host": flow.host}
            for change in plan.changes
            for flow in flows_of(change)
        ],
        "peers": [
            {"address": str(peer.address), "field": peer.field, "before": peer.before, "after": peer.after}
            for peer in new_peers(plan)
        ],
    }


def show_plan(plan: "Plan", digest: str, form: str = "text", *, verbose: bool) -> None:
    """A plan on stdout, in the chosen format."""
    if form == "json":
        from reconciler.plan.planfile import encode

        with KNOWN.exactly():
            click.echo(encode(plan).decode().rstrip("\n"))
        return
    from reconciler.cli.output import show
    from reconciler.plan.plain_words import plain_words_of
    from reconciler.reports.plan_text import render

    KNOWN.keep(lambda: plain_words_of(plan))
    show(render(plan, digest, colour=options.is_coloured(sys.stdout), verbose=verbose))
