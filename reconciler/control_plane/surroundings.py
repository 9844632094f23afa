"""
The network's surroundings as variables describe them: proxies, exceptions from them, and trusted certificates.

The variables are those that curl and Python's own client read. A platform on this machine is never asked through a
proxy, whatever the variables say: its answers would come from somewhere else.
"""

import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2

from reconciler.errors import UsageError
from reconciler.redaction import KNOWN

_HINT = "write the proxy as http://host:port, or unset the variable"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its whole address, and what may be shown of it (a password may be part of the address)."""

    url: str
    shown: str


def proxy_for(origin: str, variables: Mapping[str, str]) -> Proxy | None:
    """
    The proxy for an origin: ``HTTPS_PROXY``, else ``ALL_PROXY``, unless ``NO_PROXY`` excepts the host.

    Lower-case names win, as they do for curl. ``NO_PROXY`` takes names, suffixes, ``*``, addresses and networks.
    Raises `UsageError` for an address that is none; the message names the variable, never its value.
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if is_loopback(host):
        return None
    found = _first(variables, (f"{parts.scheme}_proxy", "all_proxy"))
    exceptions = (_first(variables, ("no_proxy",)) or ("", ""))[1]
    if found is None or _is_excepted(host, parts.port, exceptions):
        return None
    name, text = found
    url = text if "://" in text else f"http://{text}"
    try:
        proxy = urlsplit(url)
        is_sound = proxy.scheme in {"http", "https"} and bool(proxy.hostname) and (proxy.port or 1) > 0
        httpx2.Proxy(url)
    except (ValueError, httpx2.InvalidURL):
        is_sound = False
    if not is_sound:
        message = f"the variable {name} does not hold the address of an HTTP proxy"
        raise UsageError(message, hint=_HINT)
    for password in (proxy.password or "", unquote(proxy.password or "")):
        KNOWN.know(password)
    return Proxy(url, f"{proxy.hostname}:{proxy.port or (443 if proxy.scheme == 'https' else 80)}")


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    for name in names:
        for spelling in (name, name.upper()):
            if value := variables.get(spelling, "").strip():
                return spelling, value
    return None


def _is_excepted(host: str, port: int | None, exceptions: str) -> bool:
    """Whether an entry names the host, a domain above it, a network that its address is in, or everything."""
    spellings = {host, f"{host}:{port}"} if port else {host}
    for entry in exceptions.replace(" ", ",").lower().split(","):
        domain = entry.removeprefix("*").removeprefix(".")
        if entry == "*" or (domain and any(s == domain or s.endswith(f".{domain}") for s in spellings)):
            return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    networks = (_network(entry.strip()) for entry in exceptions.split(","))
    return any(network is not None and address in network for network in networks)


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address, without asking anybody."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def trusted(variables: Mapping[str, str]) -> ssl.SSLContext:
    """
    The certificates that are trusted: ``SSL_CERT_FILE``, else ``SSL_CERT_DIR``, else those of this machine.

    Raises `UsageError` when a variable names no certificates: nothing could be reached then.
    """
    file, folders = (variables.get(name, "").strip() for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        if folders:
            if not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
                message = f"SSL_CERT_DIR names {folders}, which is no folder"
                raise UsageError(message, hint="unset SSL_CERT_DIR, or name a folder of certificates")
            return ssl.create_default_context(capath=folders)
        return httpx2.create_ssl_context(trust_env=False)
    except (OSError, ValueError) as error:
        log = variables.get("SSLKEYLOGFILE", "")
        if log and getattr(error, "filename", None) == log:
            message = f"SSLKEYLOGFILE names {log}, which cannot be written: {getattr(error, 'strerror', error)}"
            raise UsageError(message, hint="unset SSLKEYLOGFILE, or name a file that can be written") from error
        why = "it holds no certificates" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
        message = f"SSL_CERT_FILE names {file}, which cannot be used: {why or 'the name cannot be used'}"
        raise UsageError(message, hint="unset SSL_CERT_FILE, or name a file of certificates in PEM form") from error
