"""An estate in a folder, a platform that records, and a server that notes who knocks."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from reconciler.cli.main import cli

CONFIGURATION = """apiVersion: reconciler.dev/v1alpha1
kind: Estate
metadata: {{name: noc}}
spec:
  store: {store}
"""
HANDLER = """apiVersion: reconciler.dev/v1alpha1
kind: EventHandler
metadata: {{name: noc-hook}}
spec:
  webhook:
    url: {url}
    bearerToken: {token}
"""


class Door:
    """A listener on loopback that answers nothing and counts who connects."""

    def __init__(self) -> None:
        self.count = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.count += 1
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@contextmanager
def door() -> Iterator[Door]:
    """A door that is closed afterwards."""
    opened = Door()
    try:
        yield opened
    finally:
        opened.close()


def run(root: Path, *arguments: str, **environment: str | None) -> Result:
    """One command in the estate at `root`."""
    name, *rest = arguments
    return CliRunner().invoke(cli, [name, "--chdir", str(root), *rest], env={"CI": None, **environment})


def write(root: Path, name: str, content: str) -> Path:
    """A file of the estate."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path
