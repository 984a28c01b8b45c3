"""One process that the launcher keeps: started, found dead, started again after a pause, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOG_KEPT_BYTES: Final = 16 << 20
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0
SHORT_LIFE_SECONDS: Final = 10.0
TAIL_LINES: Final = 20

_ONLY_LOOK: Final = os.WEXITED | os.WNOHANG | os.WNOWAIT


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a name of its own for people and the log file, the command, and its environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


class Child:
    """The process of one program, one after the other. Not for several threads at once."""

    def __init__(self, program: Program, logs: Path) -> None:
        self.name = program.name
        self.log = logs / f"{program.name}.log"
        self.short_lives = 0
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = 0.0

    @property
    def pid(self) -> int | None:
        """The living process, or None between two."""
        process = self._process  # read once, for another thread may ask
        return None if process is None else process.pid

    def start(self) -> None:
        """Starts the process, its output appended to the log."""
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".log.old"))
        with self.log.open("ab") as log:
            # A session of its own, so that Ctrl-C reaches the launcher alone; a pipe, see tether.
            self._process = subprocess.Popen(
                list(self._program.command),
                env=dict(self._program.environment),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started_at = time.monotonic()

    def tend(self) -> str | None:
        """Notes a death and starts the process again when its pause is over; answers what is to be told."""
        if self._process is not None:
            code = self._bury_if_dead()
            return None if code is None else self._put_off(_manner_of_death(code))
        if time.monotonic() < self._start_at:
            return None
        try:
            self.start()
        except OSError as refused:
            return self._put_off(f"could not be started ({refused})")
        return None

    def send(self, number: signal.Signals) -> None:
        """Signals the living process; nothing when there is none."""
        if self._process is not None:
            os.kill(self._process.pid, number)  # dead or alive it is there until it is buried

    def has_ended(self) -> bool:
        """Whether there is no process, or not any more."""
        self._bury_if_dead()
        return self._process is None

    def last_words(self) -> str:
        """The end of the log."""
        if not self.log.exists():
            return ""
        lines = self.log.read_bytes()[-LOG_KEPT_BYTES:].decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])

    def _put_off(self, what: str) -> str:
        lived = time.monotonic() - self._started_at
        self.short_lives = self.short_lives + 1 if lived < SHORT_LIFE_SECONDS else 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.short_lives - 1), LONGEST_PAUSE_SECONDS)
        self._start_at = time.monotonic() + pause
        return f"{self.name} {what}; starting it again in {pause:.1f} s"

    def _bury_if_dead(self) -> int | None:
        """How the process ended, or None while it lives; what it started and left behind ends with it."""
        process = self._process
        if process is None or os.waitid(os.P_PID, process.pid, _ONLY_LOOK) is None:
            return None
        with suppress(PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # nobody else has this number before the dead is buried
        if process.stdin is not None:
            process.stdin.close()
        self._process = None
        return process.wait()


def _manner_of_death(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
