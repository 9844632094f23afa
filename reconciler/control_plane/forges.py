"""
The comment of a pull request on a forge: found by the marker in its first line, and updated instead of repeated.

A comment is ours if our account wrote it: anybody may write the marker, and a report in the comment of somebody else
could be edited by that person after the approval. Where the forge does not tell a token who it is, as in a job of
GitHub Actions, only comments of programs are ours.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from reconciler.control_plane.errors import ControlPlaneError, Unauthorised, Unreachable
from reconciler.control_plane.transport import HttpAnswer, Transport

_PER_PAGE = 100
_MOST_PAGES = 50


class Forge(StrEnum):
    """A forge whose comments are known here."""

    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True)
class Discussion:
    """A pull request of GitHub, or a merge request of GitLab: where it is, and its number."""

    forge: Forge
    repository: str
    number: int

    @property
    def comments(self) -> str:
        """The path of its comments."""
        if self.forge is Forge.GITHUB:
            return f"/repos/{quote(self.repository)}/issues/{self.number}/comments"
        return f"/projects/{quote(self.repository, safe='')}/merge_requests/{self.number}/notes"

    def comment(self, found: int) -> str:
        """The path of one comment."""
        if self.forge is Forge.GITHUB:
            return f"/repos/{quote(self.repository)}/issues/comments/{found}"
        return f"{self.comments}/{found}"


def put_comment(transport: Transport, discussion: Discussion, text: str) -> bool:
    """
    Post a report, or update the comment that holds the report of an earlier run: True where it was updated.

    Raises `Unauthorised`, `ControlPlaneError` and what `Transport.send` does.
    """
    marker = text.split("\n", 1)[0]
    body = json.dumps({"body": text}).encode()
    ours = next(_ours(transport, discussion, marker), None)
    if ours is None:
        _answer(transport, "POST", discussion.comments, body)
        return False
    verb = "PATCH" if discussion.forge is Forge.GITHUB else "PUT"
    _answer(transport, verb, discussion.comment(ours), body)
    return True


def _ours(transport: Transport, discussion: Discussion, marker: str) -> Iterator[int]:
    """The comments of our account that begin with the marker."""
    account = _account(transport, discussion.forge)
    for page in range(1, _MOST_PAGES + 1):
        path = f"{discussion.comments}?per_page={_PER_PAGE}&page={page}"
        found = _answer(transport, "GET", path)
        if not isinstance(found, list):
            message = f"the forge answered {discussion.comments} with something else than a list"
            raise ControlPlaneError(message)
        for comment in found:
            if _is_ours(comment, account, discussion.forge) and _body(comment).split("\n", 1)[0].rstrip("\r") == marker:
                yield int(comment["id"])
        if len(found) < _PER_PAGE:
            return


def _body(comment: Any) -> str:
    return str(comment.get("body") or "") if isinstance(comment, dict) else ""


def _account(transport: Transport, forge: Forge) -> str | None:
    """The name of our account; None where the forge does not tell it."""
    answer = transport.send("GET", "/user")
    if answer.status != 200:
        return None
    found = _decoded(answer)
    name = found.get("login" if forge is Forge.GITHUB else "username") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None


def _is_ours(comment: Any, account: str | None, forge: Forge) -> bool:
    if not isinstance(comment, dict) or not isinstance(comment.get("id"), int):
        return False
    author = comment.get("user" if forge is Forge.GITHUB else "author")
    if not isinstance(author, dict):
        return False
    if account is None:
        return author.get("type") == "Bot"
    return author.get("login" if forge is Forge.GITHUB else "username") == account


def _answer(transport: Transport, verb: str, path: str, body: bytes | None = None) -> Any:
    try:
        answer = transport.send(verb, path, body)
    except Unreachable as error:
        raise Unreachable(str(error), hint="check --api and the network") from error
    if answer.status in {401, 403}:
        message = f"the forge does not let this token {'read' if verb == 'GET' else 'write'} comments"
        raise Unauthorised(message, hint="give the token the right to write on pull requests, and to nothing else")
    if not 200 <= answer.status < 300:
        message = f"the forge answered {verb} {path.split('?', maxsplit=1)[0]} with {answer.status}"
        raise ControlPlaneError(message, hint="check --repository and --number")
    return _decoded(answer)


def _decoded(answer: HttpAnswer) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError as error:
        message = "the forge answered with something else than JSON"
        raise ControlPlaneError(message, hint="check --api") from error
