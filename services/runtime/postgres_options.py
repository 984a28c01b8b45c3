"""What the embedded PostgreSQL is told at every start: its limits, its memory and its port."""

from __future__ import annotations

import os
import random
import shutil
import time

from services.runtime.ports import is_free
from services.runtime.postgres_account import PostgresError

LOOPBACK = "127.0.0.1"
MIB = 1 << 20
SMALL_SHARED_MEMORY_BYTES = 1024 * MIB

# Below the range that the kernel hands to outgoing connections: a client that keeps trying a port of that
# range while the server is down can end up connected to itself, and then the server cannot have it back.
PORTS = range(15_000, 32_000)

PORT_PATIENCE_SECONDS = 5.0
PORT_POLL_SECONDS = 0.01


def server_options(port: int) -> dict[str, str]:
    """The options that every start of the server is given, sized to this machine; commits are synced."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    options = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "cluster_name": "carat",
        "max_connections": "200",
        "shared_buffers": f"{min(1024, max(128, memory // 8))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "256MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
    }
    if _shared_memory_is_small():
        options["dynamic_shared_memory_type"] = "mmap"
    return options


def _shared_memory_is_small() -> bool:
    # Containers are given 64 MiB by default, which a parallel query outgrows with an error.
    try:
        return shutil.disk_usage("/dev/shm").total < SMALL_SHARED_MEMORY_BYTES
    except OSError:
        return False


def free_port(preferred: int | None) -> int:
    """The preferred port if it is free, or soon will be, else another free one of 127.0.0.1."""
    if preferred is not None and _becomes_free(preferred):
        return preferred
    for port in random.sample(PORTS, 50):
        if is_free(LOOPBACK, port):
            return port
    raise PostgresError(f"No free port on {LOOPBACK} between {PORTS.start} and {PORTS.stop}.")


def _becomes_free(port: int) -> bool:
    # A killed server that gives its memory back looks dead already, and closes its socket only after that.
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while not is_free(LOOPBACK, port):
        if time.monotonic() >= deadline:
            return False
        time.sleep(PORT_POLL_SECONDS)
    return True
