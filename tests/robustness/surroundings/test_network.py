"""The network as variables describe it: proxies, exceptions from them, certificates, and tokens that cannot be sent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.control_plane.surroundings import proxy_for, trusted
from reconciler.control_plane.transport import checked_origin
from reconciler.environment import system
from reconciler.errors import UsageError
from reconciler.operations.estate import PlatformAccess
from reconciler.operations.platform import token_of
from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import declared

ORIGIN = "https://api.example.org/api/v1"


def _shown(origin: str = ORIGIN, **variables: str) -> str | None:
    found = proxy_for(origin, variables)
    return None if found is None else found.shown


# --- which proxy ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "proxy:3128"),
        ({"https_proxy": " http://proxy:3128/ \n"}, "proxy:3128"),
        ({"HTTPS_PROXY": "proxy:3128"}, "proxy:3128"),
        ({"HTTPS_PROXY": "https://proxy"}, "proxy:443"),
        ({"ALL_PROXY": "http://proxy"}, "proxy:80"),
        ({"HTTPS_PROXY": "http://somebody:s3cret@proxy:3128"}, "proxy:3128"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://high:2"}, "low:1"),
        ({"HTTPS_PROXY": "http://one:1", "ALL_PROXY": "http://two:2"}, "one:1"),
        ({"HTTP_PROXY": "http://proxy:3128"}, None),
        ({"HTTPS_PROXY": ""}, None),
    ],
)
def test_the_proxy_is_the_one_that_other_clients_take(variables: dict[str, str], shown: str | None) -> None:
    """The proxy is shown as host and port, never with a password."""
    assert _shown(**variables) == shown


@pytest.mark.parametrize(
    ("origin", "exceptions", "is_excepted"),
    [
        (ORIGIN, "api.example.org", True),
        (ORIGIN, "example.org", True),
        (ORIGIN, ".example.org", True),
        (ORIGIN, "*.example.org", True),
        (ORIGIN, "other.org, EXAMPLE.ORG", True),
        (ORIGIN, "other.org example.org", True),
        (ORIGIN, "*", True),
        (ORIGIN, "ample.org", False),
        (ORIGIN, "api.example.org.evil.net", False),
        (ORIGIN, "", False),
        ("https://api.example.org:8443/v1", "api.example.org:8443", True),
        ("https://api.example.org:8443/v1", "api.example.org:443", False),
        ("https://10.1.2.3/v1", "10.0.0.0/8", True),
        ("https://10.1.2.3/v1", "10.2.0.0/16", False),
        ("https://10.1.2.3/v1", "10.1.2.3", True),
        ("https://[2001:db8::1]/v1", "2001:db8::/32", True),
    ],
)
def test_no_proxy_excepts_names_domains_and_networks(origin: str, exceptions: str, is_excepted: bool) -> None:
    """Entries are parted by commas or blanks, in any case of letters."""
    found = _shown(origin, HTTPS_PROXY="http://proxy:1", NO_PROXY=exceptions)

    assert (found is None) == is_excepted


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.9.9.9", "localhost", "[::1]:8080"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_is_never_asked_through_a_proxy(host: str, scheme: str) -> None:
    """Somebody else would answer for the simulator."""
    assert _shown(f"{scheme}://{host}/v1", HTTP_PROXY="http://p:1", HTTPS_PROXY="http://p:1", ALL_PROXY="p:1") is None


@pytest.mark.parametrize("value", ["socks5://proxy:1080", "http://", "http://proxy:99999", "http://[::1", "ftp://x:1"])
def test_a_proxy_that_is_none_is_named_by_its_variable(value: str) -> None:
    """The value may hold a password and is not quoted."""
    with pytest.raises(UsageError) as refused:
        _shown(HTTPS_PROXY=value)

    assert str(refused.value) == "the variable HTTPS_PROXY does not hold the address of an HTTP proxy"


# --- through a proxy --------------------------------------------------------------------------------------------------


def _said(desk: Desk) -> str:
    """The output of the commands, without the commands themselves."""
    return "\n".join(line for text in desk.transcript for line in text.splitlines() if not line.startswith("$ "))


@dataclass
class _Refusing:
    """A proxy that passes nothing on, and what it was asked."""

    port: int = 0
    asked: list[str] = field(default_factory=list)


@contextmanager
def refusing_proxy() -> Iterator[_Refusing]:
    """A proxy on loopback that wants other credentials."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = _Refusing(listener.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        found.asked.append(connection.recv(4096).decode())
                        connection.sendall(
                            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n"
                            b"Connection: close\r\n\r\n"
                        )

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield found
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)


@pytest.mark.slow
def test_a_proxy_is_asked_for_the_platform_and_named_when_it_refuses(tmp_path: Path) -> None:
    """Nothing reached the platform (exit 10); the password of the proxy is not shown."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    with refusing_proxy() as proxy:
        code = desk.run(
            "plan",
            "--platform",
            ORIGIN,
            STACUITY_TOKEN="the-token",
            HTTPS_PROXY=f"http://somebody:s3cret@127.0.0.1:{proxy.port}",
        )

    assert code == 10
    assert proxy.asked[0].startswith("CONNECT api.example.org:443 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic " in proxy.asked[0]
    assert "the-token" not in "".join(proxy.asked)
    assert f"through the proxy 127.0.0.1:{proxy.port}" in _said(desk)
    assert "s3cret" not in _said(desk)


# --- certificates, addresses and tokens -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "make"),
    [
        ("SSL_CERT_FILE", Path.absolute),
        ("SSL_CERT_FILE", Path.mkdir),
        ("SSL_CERT_FILE", lambda path: path.write_text("no certificate")),
        ("SSL_CERT_FILE", Path.touch),
        ("SSL_CERT_DIR", Path.absolute),
        ("SSL_CERT_DIR", lambda path: path.write_text("no folder")),
    ],
)
def test_certificates_that_cannot_be_used_are_named(tmp_path: Path, variable: str, make: object) -> None:
    """The message names the variable and the path, and how to go on."""
    path = tmp_path / "certificates"
    assert callable(make)
    make(path)

    with pytest.raises(UsageError, match=f"{variable} names {path}") as refused:
        trusted({variable: str(path)})

    assert f"unset {variable}" in str(refused.value.hint)


def test_a_key_log_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificates are sound, and are not blamed."""
    place = str(tmp_path / "missing" / "keys.log")
    monkeypatch.setenv("SSLKEYLOGFILE", place)

    with pytest.raises(UsageError, match=r"SSLKEYLOGFILE names .*, which cannot be written") as refused:
        trusted({"SSL_CERT_DIR": str(tmp_path), "SSLKEYLOGFILE": place})

    assert "SSL_CERT" not in str(refused.value)


@pytest.mark.parametrize(
    "origin",
    [
        "https://[::1",
        "https://",
        "https://host:port/",
        "https://host:99999/",
        "https://ho st/",
        "https://user:pw@host/",
        "ftp://host/",
        "host",
        "https://host/?x",
        "https://\N{SNOWMAN}..x/",
        "https://host:0/",
        f"https://{'a' * 64}.example/",
    ],
)
def test_an_address_that_is_none_is_refused(origin: str) -> None:
    """The answer is one message, whatever the address library thinks of the address."""
    with pytest.raises(UsageError, match="not a platform address"):
        checked_origin(origin)


@pytest.mark.parametrize("token", ["to ken", "to\tken", "t\N{LATIN SMALL LETTER O WITH DIAERESIS}ken", "to\x7fken"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_quoted(tmp_path: Path, token: str) -> None:
    """A header takes visible ASCII only; the message names the variable."""
    desk = Desk(tmp_path / "desk")
    declared(desk)

    assert desk.run("plan", "--platform", ORIGIN, STACUITY_TOKEN=token) == 64
    assert "STACUITY_TOKEN" in _said(desk)
    assert token not in _said(desk)


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfthe-token\r\n", b"  the-token  \n\n", b"the-token", b"the-token\r"])
def test_a_token_file_is_read_as_people_save_it(tmp_path: Path, content: bytes) -> None:
    """A byte order mark, blanks and line ends around the token are not part of it."""
    path = tmp_path / "token"
    path.write_bytes(content)

    assert token_of(PlatformAccess(ORIGIN, token_file=path), system()) == "the-token"


@pytest.mark.parametrize(
    "content", [b"the-token\x00", b"\xff\xfet\0", b"", b"\n", b"\xef\xbb\xbf", b"the\ntoken", b"t" * 70000]
)
def test_a_token_file_that_holds_no_token_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file and quotes nothing of it."""
    path = tmp_path / "token"
    path.write_bytes(content)

    with pytest.raises(UsageError, match=str(path)):
        token_of(PlatformAccess(ORIGIN, token_file=path), system())
