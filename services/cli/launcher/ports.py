"""Which ports the services listen on: checked to be free, then kept for them while the launcher lives."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from typing import Final

from services.cli.failures import CommandFailed
from services.runtime.ports import is_free, socket_for
from services.runtime.settings import SERVICES, ServiceName, Settings
from services.runtime.settings_checks import join_address, split_address

_ANY: Final = 0


def with_free_ports(settings: Settings) -> Settings:
    """The same settings, but another free port for each service whose own is taken."""
    taken = [service for service in SERVICES if not is_free(*_place(settings, service))]
    return _readdressed(settings, dict.fromkeys(taken, _ANY))


def reserve_ports(settings: Settings, held: ExitStack) -> Settings:
    """Keeps the port of every service, a free one where the setting is 0; CommandFailed if one is taken.

    Without it two deployments could share a port unnoticed, for server processes bind with SO_REUSEPORT.
    Returns the settings with the ports that were chosen; `held` gives them back.
    """
    chosen: dict[ServiceName, int] = {}
    for service in SERVICES:
        host, port = _place(settings, service)
        if not is_free(host, port):
            raise CommandFailed(
                f"{join_address(host, port)}, the address of {service}, is taken: stop what listens there, "
                f"or set CARAT_{service.upper()}_ADDRESS"
            )
        chosen[service] = _kept(host, port, held)
    return _readdressed(settings, chosen)


def _place(settings: Settings, service: ServiceName) -> tuple[str, int]:
    return split_address(settings.bind_address(service))


def _readdressed(settings: Settings, ports: dict[ServiceName, int]) -> Settings:
    changed = {
        f"{service}_address": join_address(split_address(settings.address(service))[0], port)
        for service, port in ports.items()
    }
    return settings.model_copy(update=changed)


def _kept(host: str, port: int, held: ExitStack) -> int:
    # Bound and never listening: no connection comes here, and nobody who wants the port for himself gets it.
    keeper = held.enter_context(closing(socket_for(host)))
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    keeper.bind((host, port))
    return int(keeper.getsockname()[1])
