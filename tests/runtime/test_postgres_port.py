"""The port of a server that died: its own again, as soon as what is left of it lets go of it."""

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from services.runtime import postgres_options
from services.runtime.postgres_options import LOOPBACK, free_port


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who has a port of those that servers are given."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, free_port(None)))
        taken.listen()
        yield taken


def test_a_port_that_is_let_go_of_a_moment_later_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    letting_go = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: listener.close())
    monkeypatch.setattr(postgres_options, "time", letting_go)
    monkeypatch.setattr(postgres_options, "PORT_PATIENCE_SECONDS", 60.0)
    assert free_port(port) == port


def test_a_port_that_another_keeps_is_given_up(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    monkeypatch.setattr(postgres_options, "PORT_PATIENCE_SECONDS", 0.1)
    assert free_port(listener.getsockname()[1]) != listener.getsockname()[1]
