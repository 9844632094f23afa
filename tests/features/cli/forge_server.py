"""A forge on loopback, after the public documentation of GitHub's and GitLab's comments, with a log of requests."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "forge-token-1234567890"
_ITEM = re.compile(r"/(?:repos/acme/sims/issues/comments|projects/acme%2Fsims/merge_requests/7/notes)/(\d+)")
_LIST = re.compile(r"/(?:repos/acme/sims/issues/7/comments|projects/acme%2Fsims/merge_requests/7/notes)")


@dataclass
class ForgeServer:
    """The comments that are there, the account of the token, and the requests that came."""

    account: str | None = "ci-robot"
    is_gitlab: bool = False
    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    address: str = ""

    def add(self, author: str, body: str, *, sort: str = "User") -> None:
        """A comment of somebody."""
        person = {"login": author, "username": author, "type": sort}
        name = "author" if self.is_gitlab else "user"
        self.comments.append({"id": 100 + len(self.comments), name: person, "body": body})

    def bodies(self) -> list[str]:
        """The texts of all comments."""
        return [comment["body"] for comment in self.comments]

    def answer(self, verb: str, target: str, token: str, content: bytes) -> tuple[int, Any]:
        """One request."""
        self.requests.append(f"{verb} {urlsplit(target).path}")
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        parts = urlsplit(target)
        if parts.path == "/user":
            return (200, {"login": self.account, "username": self.account}) if self.account else (403, {})
        if _LIST.fullmatch(parts.path) and verb == "GET":
            query = parse_qs(parts.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        if _LIST.fullmatch(parts.path) and verb == "POST":
            self.add(self.account or "github-actions[bot]", json.loads(content)["body"], sort="Bot")
            return 201, self.comments[-1]
        item = _ITEM.fullmatch(parts.path)
        if item and verb == ("PUT" if self.is_gitlab else "PATCH"):
            (found,) = [comment for comment in self.comments if comment["id"] == int(item[1])]
            found["body"] = json.loads(content)["body"]
            return 200, found
        return 404, {"message": "Not Found"}


@contextmanager
def served(forge: ForgeServer) -> Iterator[ForgeServer]:
    """The forge behind HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            """Answer one request."""
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = forge.answer(self.command, self.path, self.headers.get("Authorization", ""), content)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    for verb in ("GET", "POST", "PATCH", "PUT"):
        setattr(Handler, f"do_{verb}", Handler.reply)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    forge.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
