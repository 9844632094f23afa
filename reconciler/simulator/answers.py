"""Answers: the envelope, problem documents, and what page faults do to a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.simulator.faults import Fault
from reconciler.simulator.refusals import Malformed, NotFound, Partly, Refusal
from reconciler.simulator.settings import Settings
from reconciler.simulator.store import dumps


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a list as JSON texts, before the envelope is put around them."""

    rows: Sequence[str]
    total: int
    limit: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `listing` is the source of a body that is still to be made."""

    status: int = 200
    body: str = ""
    listing: Listing | None = None
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=())

    def content(self) -> bytes:
        """The body's bytes."""
        if self.listing is None:
            return self.body.encode()
        page = self.listing
        head = f'"totalItems":{page.total},"limit":{page.limit},"offset":{page.offset}'
        return f'{{"success":true,"messages":[],{head},"data":[{",".join(page.rows)}]}}'.encode()


def data(value: Any) -> Answer:
    """Success with data."""
    return Answer(body=dumps({"success": True, "messages": [], "data": value}))


def text_data(text: str) -> Answer:
    """Success with data that is JSON text already."""
    return Answer(body=f'{{"success":true,"messages":[],"data":{text}}}')


def whole_list(values: Sequence[Any]) -> Answer:
    """A list that is not paged."""
    return Answer(listing=Listing([dumps(value) for value in values], len(values)))


def refusal(no: Refusal, settings: Settings) -> Answer:
    """The answer to a refused request."""
    if isinstance(no, Malformed):
        problem = {
            "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
            "title": "One or more validation errors occurred.",
            "status": no.status,
            "errors": {no.member: list(no.messages)},
            "traceId": "00-simulator-00",
        }
        return Answer(no.status, dumps(problem), content_type="application/problem+json; charset=utf-8")
    status = settings.not_found if isinstance(no, NotFound) else no.status
    if settings.errors == "problem" and status == 200 and not isinstance(no, NotFound):
        problem = {"type": "about:blank", "title": " ".join(no.messages), "status": 400, "traceId": "00-simulator-00"}
        return Answer(400, dumps(problem), content_type="application/problem+json; charset=utf-8")
    envelope: dict[str, Any] = {"success": False, "messages": list(no.messages)}
    if isinstance(no, Partly):
        envelope["data"] = no.items
    return Answer(status, dumps(envelope))


def spoiled(answer: Answer, fault: Fault) -> Answer:
    """A list answer with a page fault done to it (F13); others stay as they are."""
    page = answer.listing
    if page is None:
        return answer
    match fault.effect:
        case "total":
            page = replace(page, total=page.total + 1)
        case "short":
            page = replace(page, rows=page.rows[:-1])
        case "duplicate":
            page = replace(page, rows=[*page.rows[:-1], page.rows[0]] if page.rows else [])
        case _:
            page = replace(page, rows=[])
    return replace(answer, listing=page)
