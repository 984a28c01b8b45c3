"""A port for a server that comes and goes."""

import socket
import weakref


def address_kept_for(owner: object) -> str:
    """A free address that nobody else is given as long as its owner lives, whether it serves there or not."""
    # Bound and never listening: no connection comes here, and a server that shares its port may listen beside it.
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    keeper.bind(("127.0.0.1", 0))
    weakref.finalize(owner, keeper.close)
    return f"127.0.0.1:{keeper.getsockname()[1]}"
