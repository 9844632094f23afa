"""
The faults of one exchange on its way (F6 to F12), as data: forty faults, each executed or not.

A fault gets the exchange and the way to execute it, and answers what it likes. `never` makes it without executing the
request, `executed` after it was; where the one or the other cannot be, the fault says so.
"""

import gzip
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate

from tests.robustness.wire_faults.proxy import Exchange

PATIENCE_SECONDS = 0.12
"""How long the client of these tests waits for an exchange; a time-out is longer than that."""
PLENTY_SECONDS = 30.0
"""How long it waits for one without a fault: longer than any busy machine makes it last."""
_HUGE = 65 * 1024 * 1024
_BOMB = gzip.compress(b" " * (200 * 1024 * 1024), 9)
_HTML = b"<html><body><h1>Service portal</h1></body></html>"
_OTHER = {"id": "00000000-0000-4000-8000-000000000000", "name": "Other", "moniker": "some-other"}

Act = Callable[[Exchange, bytes], None]


@dataclass(frozen=True, slots=True)
class WireFault:
    """
    One fault: `act` answers on the connection, given what the platform answered (nothing when it was not asked).

    `variants` are the ways in which it can happen: `executed`, `never`, or `late` after the client gave up.
    """

    name: str
    act: Act
    variants: tuple[str, ...] = ("executed", "never")


def _answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _envelope(**members: object) -> bytes:
    return json.dumps({"success": False, "messages": [], "data": None, **members}).encode()


def _says(status: str, body: bytes = b"", **headers: str) -> Act:
    def act(exchange: Exchange, _real: bytes) -> None:
        exchange.say(_answer(status, body, **headers))

    return act


def _parts(real: bytes) -> tuple[bytes, bytes]:
    """Head and body of what the platform answered; of something likely where it was not asked."""
    head, _, body = (real or _answer("200 OK", _envelope(success=True, data=[]))).partition(b"\r\n\r\n")
    return head, body


def _cut(place: Callable[[bytes, bytes], int], *, resets: bool = False) -> Act:
    def act(exchange: Exchange, real: bytes) -> None:
        head, body = _parts(real)
        exchange.say((head + b"\r\n\r\n" + body)[: place(head, body)])
        if resets:
            exchange.reset()

    return act


def _reset(exchange: Exchange, _real: bytes) -> None:
    exchange.reset()


def _silence(exchange: Exchange, _real: bytes) -> None:
    time.sleep(2 * PATIENCE_SECONDS)


def _drip(exchange: Exchange, real: bytes) -> None:
    head, body = _parts(real)
    until = time.monotonic() + 3 * PATIENCE_SECONDS
    for byte in head + b"\r\nX-Filler: " + b"x" * 1000 + b"\r\n\r\n" + body:
        if time.monotonic() > until:
            return
        exchange.client.sendall(bytes([byte]))
        time.sleep(PATIENCE_SECONDS / 10)


def _relabelled(change: int) -> Act:
    def act(exchange: Exchange, real: bytes) -> None:
        _, body = _parts(real)
        exchange.say(_answer("200 OK", body).replace(b"Length: %d" % len(body), b"Length: %d" % (len(body) + change)))

    return act


def _chunked(exchange: Exchange, real: bytes) -> None:
    _, body = _parts(real)
    half = body[: len(body) // 2 + 1]
    exchange.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(half), half))


def _twice(exchange: Exchange, real: bytes) -> None:
    head, body = _parts(real)
    exchange.say(2 * (head + b"\r\n\r\n" + body))


def _large(exchange: Exchange, _real: bytes) -> None:
    exchange.say(_answer("200 OK").replace(b"Length: 0", b"Length: %d" % _HUGE))
    block = b" " * (1 << 20)
    for _ in range(_HUGE >> 20):
        exchange.client.sendall(block)


def _date(seconds: float) -> Mapping[str, str]:
    now = 1_800_000_000
    return {"Retry_After": formatdate(now + seconds, usegmt=True), "Date": formatdate(now, usegmt=True)}


_LATE = ("executed", "never", "late")

FAULTS: tuple[WireFault, ...] = (
    WireFault("refused", _reset, ("never",)),
    WireFault("reset", _reset, _LATE),
    WireFault("reset in the answer", _cut(lambda head, body: len(head) + len(body) // 2, resets=True)),
    WireFault("cut at once", _cut(lambda _head, _body: 0), _LATE),
    WireFault("cut in the status line", _cut(lambda _head, _body: 8)),
    WireFault("cut in the headers", _cut(lambda head, _body: len(head) // 2)),
    WireFault("cut after the headers", _cut(lambda head, _body: len(head) + 4)),
    WireFault("cut in the body", _cut(lambda head, body: len(head) + 4 + len(body) // 2)),
    WireFault("cut before the last byte", _cut(lambda head, body: len(head) + 3 + len(body))),
    WireFault("no answer", _silence, _LATE),
    WireFault("dripping", _drip),
    WireFault("garbage", lambda exchange, _: exchange.say(bytes(range(256)) * 4)),
    WireFault("length too large", _relabelled(7)),
    WireFault("length too small", _relabelled(-7)),
    WireFault("cut chunks", _chunked),
    WireFault("a page of HTML", _says("200 OK", _HTML)),
    WireFault("empty", _says("200 OK")),
    WireFault("null", _says("200 OK", b"null")),
    WireFault("success is false", _says("200 OK", _envelope(messages=["Please try later"])), ("never",)),
    WireFault("not found in 200", _says("200 OK", _envelope(messages=["Record not found"])), ("never",)),
    WireFault("not found in 404", _says("404 Not Found", _envelope(messages=["Record not found"])), ("never",)),
    WireFault("404 without a body", _says("404 Not Found")),
    WireFault("404 of a gateway", _says("404 Not Found", _HTML)),
    WireFault("400", _says("400 Bad Request", _envelope(messages=["Bad"])), ("never",)),
    WireFault("401", _says("401 Unauthorized"), ("never",)),
    WireFault("403", _says("403 Forbidden"), ("never",)),
    WireFault("408", _says("408 Request Timeout")),
    WireFault("409", _says("409 Conflict", _envelope(messages=["Conflict"])), ("never",)),
    WireFault("425", _says("425 Too Early")),
    WireFault("429", _says("429 Too Many Requests"), ("never",)),
    WireFault("429 with seconds", _says("429 Too Many Requests", Retry_After="2"), ("never",)),
    WireFault("429 with a date", _says("429 Too Many Requests", b"", **_date(90)), ("never",)),
    WireFault("429 with garbage", _says("429 Too Many Requests", Retry_After="soon: \xff"), ("never",)),
    WireFault("429 with a huge wait", _says("429 Too Many Requests", Retry_After="9" * 400), ("never",)),
    WireFault("500", _says("500 Internal Server Error", _HTML)),
    WireFault("502", _says("502 Bad Gateway", _HTML)),
    WireFault("503", _says("503 Service Unavailable")),
    WireFault("503 with seconds", _says("503 Service Unavailable", Retry_After="3"), ("never",)),
    WireFault("504", _says("504 Gateway Timeout"), _LATE),
    WireFault("redirect", _says("302 Found", Location="http://127.0.0.1:9/elsewhere")),
    WireFault("the answer twice", _twice, ("executed",)),
    WireFault("a bomb", _says("200 OK", _BOMB, Content_Encoding="gzip")),
    WireFault("garbled compression", _says("200 OK", b"\x1f\x8b" + bytes(64), Content_Encoding="gzip")),
    WireFault("too much", _large),
    WireFault("another object", _says("200 OK", _envelope(success=True, data=_OTHER, totalItems=1))),
    WireFault("another list", _says("200 OK", _envelope(success=True, data=[_OTHER], totalItems=1))),
    WireFault("an empty list", _says("200 OK", _envelope(success=True, data=[], totalItems=0))),
)
