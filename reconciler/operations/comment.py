"""The sticky comment of a pull request: a report file that is posted, or takes the place of that of an earlier run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.control_plane.forges import Discussion, Forge, put_comment
from reconciler.control_plane.transport import Transport
from reconciler.environment import Environment, setting, system
from reconciler.errors import UsageError
from reconciler.named_files import read_named
from reconciler.operations.platform import token_in

__all__ = ["CommentPlace", "Forge", "comment"]
LARGEST_REPORT = 1_000_000
"""The most that GitLab takes; GitHub takes 65,536 characters, which the default limit of the report keeps."""
_MARKER = re.compile(r"<!-- reconciler [a-z]+ [\w.~%-]* -->")
_REFERENCE = re.compile(r"refs/pull/([0-9]{1,9})/(?:merge|head)")
_REPOSITORY = re.compile(r"[\w.-]+(?:/[\w.-]+)*")
_APIS = {Forge.GITHUB: "https://api.github.com", Forge.GITLAB: "https://gitlab.com/api/v4"}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPlace:
    """Where a comment goes, as the caller says it; the variables of the forge's CI say what is left out."""

    forge: Forge | None = None
    api: str | None = None
    repository: str | None = None
    number: int | None = None
    token_file: Path | None = None


def comment(report: Path, place: CommentPlace, environment: Environment | None = None) -> bool:
    """
    Post a report in Markdown, or update the comment of an earlier run: True where it was updated.

    Reads the report and nothing else: no manifest, no configuration, no store. Raises `UsageError` for a file that is
    no report and for a place that is not known, and a `ControlPlaneError`.
    """
    environment = environment or system()
    variables = environment.variables
    hint = "name the file that `--report markdown=FILE` wrote"
    text = read_named(report, limit=LARGEST_REPORT, noun="the report", hint=hint).decode("utf-8", "replace")
    if not _MARKER.fullmatch(text.split("\n", 1)[0]):
        message = f"{report} is no report in Markdown: its first line is not the marker of one"
        raise UsageError(message, hint=hint)
    forge = place.forge or _forge(variables)
    discussion = Discussion(forge, _repository(place, forge, variables), _number(place, forge, variables))
    name = "GITHUB_TOKEN" if forge is Forge.GITHUB else "GITLAB_TOKEN"
    token = token_in(place.token_file, name, variables)
    api = place.api or setting(variables, "GITHUB_API_URL" if forge is Forge.GITHUB else "CI_API_V4_URL")
    transport = Transport(api or _APIS[forge], token, variables=variables)
    try:
        return put_comment(transport, discussion, text.rstrip("\n"))
    finally:
        transport.close()


def _forge(variables: Mapping[str, str]) -> Forge:
    if setting(variables, "GITHUB_ACTIONS"):
        return Forge.GITHUB
    if setting(variables, "GITLAB_CI"):
        return Forge.GITLAB
    message = "no forge is named"
    raise UsageError(message, hint="add --forge github or --forge gitlab")


def _repository(place: CommentPlace, forge: Forge, variables: Mapping[str, str]) -> str:
    found = place.repository or setting(variables, "GITHUB_REPOSITORY" if forge is Forge.GITHUB else "CI_PROJECT_ID")
    if not found or not _REPOSITORY.fullmatch(found) or {".", ".."} & set(found.split("/")):
        message = "no repository is named" if not found else "--repository is no name of a repository"
        raise UsageError(message, hint="add --repository OWNER/NAME")
    return found


def _number(place: CommentPlace, forge: Forge, variables: Mapping[str, str]) -> int:
    if place.number is not None:
        return place.number
    if forge is Forge.GITHUB:
        matched = _REFERENCE.fullmatch(setting(variables, "GITHUB_REF") or "")
        found = matched[1] if matched else None
    else:
        found = setting(variables, "CI_MERGE_REQUEST_IID")
    if not found or not _NUMBER.fullmatch(found):
        message = "no pull request is named"
        raise UsageError(message, hint="add --number N; a pipeline of a branch has none")
    return int(found)
