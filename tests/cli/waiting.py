"""Waiting for what another process does."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

_LISTEN: Final = "0A"


def eventually(ask: Callable[[], T], seconds: float = 120) -> T:
    """The first answer that is true; AssertionError when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has died and waits for its parent does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter when it goes between opening and reading
        return False


def is_listening(pid: int) -> bool:
    """Whether the process has come so far that it takes connections; others may at the same port."""
    with suppress(FileNotFoundError, ProcessLookupError):
        tables = [path.read_text().splitlines()[1:] for path in Path(f"/proc/{pid}/net").glob("tcp*")]
        sockets = [line.split() for table in tables for line in table]
        listening = {f"socket:[{fields[9]}]" for fields in sockets if fields[3] == _LISTEN}
        return any(_target(open_file) in listening for open_file in Path(f"/proc/{pid}/fd").iterdir())
    return False


def _target(link: Path) -> str:
    with suppress(FileNotFoundError):
        return os.readlink(link)
    return ""


def environment_for_children() -> dict[str, str]:
    """What a child needs to find the packages of this checkout, installed or not."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    places = [root, os.path.join(root, "protos"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in places if place)}
