"""A PostgreSQL server of our own for tests: on loopback, in a scratch folder, ended with the test run."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_USER = "nobody"
_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, on the PATH or where systems put it; `FileNotFoundError` without."""
    found = shutil.which(name)
    if found:
        return found
    for place in _PLACES:
        candidates = sorted(Path(place).glob(f"**/bin/{name}"), reverse=True)
        if candidates:
            return str(candidates[0])
    message = f"{name} is not installed: install the PostgreSQL server (Debian: postgresql)"
    raise FileNotFoundError(message)


class PostgresServer:
    """A running server. `url` names its default database; `crash` kills it as a power cut would."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reconciler-pg-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._as = {"user": _USER, "group": "nogroup"} if os.geteuid() == 0 else {}
        if self._as:
            # The server refuses to run as the administrator, and its folder has to be its own.
            self.folder.chmod(0o755)
            shutil.chown(self.folder, _USER)
        self._run(program("initdb"), "-D", str(self.data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync")

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://tester@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Start it and wait until it answers."""
        settings = (
            "-c",
            "fsync=off",
            "-c",
            f"unix_socket_directories={self.folder}",
            "-c",
            "listen_addresses=127.0.0.1",
        )
        self._process = subprocess.Popen(
            [program("postgres"), "-D", str(self.data), "-p", str(self.port), *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._as,  # type: ignore[call-overload]  # user and group, or nothing
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._answers():
                return self
            time.sleep(0.05)
        message = "the PostgreSQL server did not start"
        raise TimeoutError(message)

    def create(self, database: str) -> str:
        """Make a database; its address."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def crash(self) -> None:
        """End it at once, without a word to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._as)  # type: ignore[call-overload]  # as above

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
