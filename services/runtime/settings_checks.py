"""The checks of single settings that need more than a type: addresses, database addresses, close names."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Collection

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

POSTGRES_DRIVERS = ("postgres", "postgresql", "postgresql+psycopg")


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[ipv6]:port` (port 0: any free one); ValueError when malformed."""
    host, colon, port = address.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not host or any(character.isspace() for character in address):
        raise ValueError(f"{address!r} is not host:port")
    if not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise ValueError(f"{port!r} is no port between 0 and 65535")
    if ":" in host:
        ipaddress.IPv6Address(host)
    return host, int(port)


def join_address(host: str, port: int) -> str:
    """The `host:port` that gRPC understands, with brackets around an IPv6 host."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether the host can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def database_url(text: str) -> str:
    """A PostgreSQL address in SQLAlchemy's form; ValueError, never repeating the address, when it is none."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("it is not of the form postgresql://user:password@host:port/database") from None
    if url.drivername not in POSTGRES_DRIVERS:
        raise ValueError(
            f"it begins with {url.drivername}://, but only PostgreSQL is understood: postgresql://"
        )
    if not url.database:
        raise ValueError("it names no database: postgresql://user:password@host:port/database")
    if "password" in url.query:
        raise ValueError("the password belongs before the @: postgresql://user:password@host:port/database")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def masked(url: str) -> str:
    """The address with its password hidden, fit for a screen or a log."""
    return make_url(url).render_as_string(hide_password=True)


def unknown_names(given: Collection[str], known: Collection[str]) -> list[str]:
    """One sentence for each given variable that is no setting, with the nearest one that is."""
    sentences = []
    for name in sorted(set(given) - set(known)):
        nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
        sentences.append(f"{name} is no setting; the nearest is {nearest[0]}")
    return sentences
