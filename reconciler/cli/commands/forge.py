"""The command that speaks to a forge: ``comment``."""

from pathlib import Path

import click

from reconciler.cli.exit_codes import ExitCode

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(name="comment")
@click.argument("report", metavar="REPORT", type=_FILE)
@click.option("--forge", type=click.Choice(["github", "gitlab"]), help="The forge (default: the one of this CI).")
@click.option("--api", metavar="URL", help="Its API (default: GITHUB_API_URL, CI_API_V4_URL, or the public one).")
@click.option("--repository", metavar="OWNER/NAME", help="The repository; for GitLab also the id of the project.")
@click.option("--number", type=click.IntRange(1), metavar="N", help="The number of the pull request.")
@click.option("--token-file", type=_FILE, metavar="FILE", help="The token (default: GITHUB_TOKEN, GITLAB_TOKEN).")
def comment_command(
    *,
    report: Path,
    forge: str | None,
    api: str | None,
    repository: str | None,
    number: int | None,
    token_file: Path | None,
) -> int:
    """
    Post the REPORT of a pull request, or update the comment of an earlier run.

    REPORT is what `--report markdown=FILE` wrote. Nothing else is read, so the job that comments needs no manifest, no
    store and no token of the platform. Posting twice leaves one comment.
    """
    from reconciler.operations.comment import CommentPlace, Forge, comment

    chosen = Forge(forge) if forge is not None else None
    place = CommentPlace(forge=chosen, api=api, repository=repository, number=number, token_file=token_file)
    is_updated = comment(report, place)
    click.echo(f"{'Updated' if is_updated else 'Posted'} the comment.")
    return ExitCode.FINE
