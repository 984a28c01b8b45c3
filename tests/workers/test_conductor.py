"""The engine's own Ray keeps to itself."""

import ipaddress
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.conductor import RayExecutor

LISTENING = "0A"


def descendants(pid: int) -> list[int]:
    threads = entries(Path(f"/proc/{pid}/task"))
    children = [
        int(child) for thread in threads for child in seen(thread / "children", Path.read_text).split()
    ]
    return [pid, *(below for child in children for below in descendants(child))]


def sockets(pid: int) -> set[str]:
    return {seen(link, os.readlink) for link in entries(Path(f"/proc/{pid}/fd"))}


def entries(folder: Path) -> list[Path]:
    """What a folder of /proc holds; nothing once its process has ended."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def seen(place: Path, look: Callable[[Path], str]) -> str:
    """What is seen at a place of /proc; nothing once its thread, process or socket has ended."""
    try:
        return look(place)
    except OSError:
        return ""


def listening_addresses(pids: list[int]) -> list[str]:
    """The addresses on which the processes accept connections."""
    held = set().union(*map(sockets, pids))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTENING and f"socket:[{inode}]" in held:
                found.append(address(local.partition(":")[0]))
    return found


def address(kernel_form: str) -> str:
    """An address of /proc/net, which is written in 32-bit words of the machine's byte order."""
    words = [kernel_form[place : place + 8] for place in range(0, len(kernel_form), 8)]
    packed = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    exact = ipaddress.ip_address(packed)
    mapped = exact.ipv4_mapped if isinstance(exact, ipaddress.IPv6Address) else None
    return str(mapped or exact)


@pytest.mark.ray
def test_nothing_that_ray_starts_listens_beyond_this_machine(ray_executor: RayExecutor) -> None:
    assert len(ray_executor.actor_pids()) == 2
    addresses = listening_addresses(descendants(os.getpid()))
    assert len(addresses) > 4
    assert [one for one in addresses if not ipaddress.ip_address(one).is_loopback] == []


def test_an_engine_that_runs_inline_does_not_import_ray() -> None:
    told = "import sys, workers.__main__, workers.inline; sys.exit('ray' in sys.modules)"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root, root / "protos")))}
    assert subprocess.run([sys.executable, "-c", told], env=environment, check=False).returncode == 0
