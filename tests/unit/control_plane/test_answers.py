"""The meaning of an answer: absence, refusal, and not knowing are three things."""

import pytest

from reconciler.control_plane.answers import open_answer
from reconciler.control_plane.errors import (
    ControlPlaneError,
    OutcomeUnknown,
    ProtocolViolation,
    Rejected,
    Throttled,
    Unauthorised,
)
from reconciler.control_plane.transport import HttpAnswer

FINE = b'{"success": true, "messages": [], "data": {"id": "1"}}'
REFUSED = b'{"success": false, "messages": ["No."]}'
ABSENT = b'{"success": false, "messages": [" Record not found "]}'
GATEWAY = b"<html>gateway</html>"


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (200, REFUSED, Rejected),
        (400, REFUSED, Rejected),
        (401, b"", Unauthorised),
        (403, ABSENT, Unauthorised),
        (408, b"", OutcomeUnknown),
        (409, REFUSED, Rejected),
        (425, b"", OutcomeUnknown),
        (429, b"", Throttled),
        (500, ABSENT, OutcomeUnknown),
        (502, GATEWAY, OutcomeUnknown),
        (503, b"", OutcomeUnknown),
        (504, b"", OutcomeUnknown),
    ],
)
def test_only_the_platforms_own_words_say_that_something_is_not_there(
    status: int, content: bytes, error: type[ControlPlaneError], is_read: bool
) -> None:
    """Any other failure is no absence, in whatever words: nothing is created or forgotten because of it."""
    with pytest.raises(ControlPlaneError) as raised:
        open_answer(HttpAnswer(status, content), "GET /x", is_read=is_read)

    assert type(raised.value) is error


@pytest.mark.parametrize("status", [200, 404])
def test_both_forms_of_not_there_are_understood(status: int) -> None:
    """By status and by message (A.4); a 404 from something on the way is neither."""
    assert open_answer(HttpAnswer(status, ABSENT), "GET /x", is_read=True).is_absent
    assert not open_answer(HttpAnswer(200, FINE), "GET /x", is_read=True).is_absent
    with pytest.raises(Rejected):
        open_answer(HttpAnswer(404, GATEWAY), "GET /x", is_read=True)
    with pytest.raises(OutcomeUnknown):
        open_answer(HttpAnswer(404, b""), "POST /x", is_read=False)


def test_an_answer_that_makes_no_sense_says_nothing_about_a_write() -> None:
    """A read that cannot be understood is an error of the platform; of a write the outcome is not known."""
    with pytest.raises(ProtocolViolation):
        open_answer(HttpAnswer(200, GATEWAY), "GET /x", is_read=True)
    with pytest.raises(OutcomeUnknown):
        open_answer(HttpAnswer(200, GATEWAY), "POST /x", is_read=False)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 400, 404, 405, 409, 413])
@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"success": null}',
        b'{"success": "false"}',
        b'{"success": 0}',
        b'{"status": "ok"}',
        b'{"messages": ["Record not found"]}',
        b'{"success": nu',
        b'"ok"',
        b"null",
        b"",
        GATEWAY,
    ],
)
def test_an_answer_that_says_neither_yes_nor_no_leaves_a_write_open(status: int, content: bytes) -> None:
    """Only `success: false` and a problem document of that very status are refusals; the rest has to be found out."""
    with pytest.raises(OutcomeUnknown):
        open_answer(HttpAnswer(status, content), "POST /x", is_read=False)


@pytest.mark.parametrize("content", [b"{}", b'{"success": null}', b'{"status": "ok"}', b'{"success": "true"}'])
def test_an_answer_that_says_nothing_is_no_absence(content: bytes) -> None:
    """A read that says neither yes nor no is tried again, and never taken for "not there"."""
    for status in (200, 404):
        with pytest.raises(ProtocolViolation):
            open_answer(HttpAnswer(status, content), "GET /x", is_read=True)


def test_a_problem_document_is_a_refusal() -> None:
    """The other form in which the platform says no: it names the status that it came with."""
    problem = b'{"title": "Bad", "status": 400, "errors": {"moniker": ["in use"]}}'
    with pytest.raises(Rejected):
        open_answer(HttpAnswer(400, problem), "POST /x", is_read=False)
    with pytest.raises(OutcomeUnknown):
        open_answer(HttpAnswer(502, problem), "POST /x", is_read=False)


def test_a_503_with_a_time_asks_to_wait() -> None:
    """Only then is it certain that nothing was executed (A6)."""
    with pytest.raises(Throttled) as raised:
        open_answer(HttpAnswer(503, b"", retry_after="7"), "PUT /x", is_read=False)

    assert raised.value.retry_after_seconds == 7
