"""Whether a port of this machine can be had."""

import socket
from contextlib import closing


def is_free(host: str, port: int) -> bool:
    """Whether somebody could listen there now."""
    with closing(socket_for(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def socket_for(host: str) -> socket.socket:
    """A socket that can be bound to a host, given as IPv4 or IPv6."""
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
