"""One PostgreSQL cluster on disk: making it, launching its server, and telling whether that server lives."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from services.runtime.postgres_account import Account, PostgresError, binaries_for, run_as
from services.runtime.postgres_options import MIB, free_port, server_options

SUPERUSER = "carat"
MAJOR_VERSION = "18"
LOG_KEPT_BYTES = 16 * MIB
LOG_TAIL_LINES = 20
PORT_ATTEMPTS = 5
RETRY_SECONDS = 0.2
STOP_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A living server of this cluster, as its postmaster.pid tells."""

    pid: int
    port: int
    ready: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """The folders of one cluster and the account that its server runs as (None: the caller)."""

    home: Path
    account: Account | None

    @property
    def folder(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """What the server wrote to its standard error."""
        return self.home / "log" / "postgres.log"

    def initialise(self, password: str) -> None:
        """Make the cluster aside and rename it into place, so that a half-made one is never used."""
        for leftover in self.home.glob("initdb-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        draft = self.home / f"initdb-{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        password_file = draft / "password"
        password_file.write_text(password)
        self._give(draft, password_file)
        options = ["-U", SUPERUSER, "--encoding=UTF8", "--no-locale", "--auth=scram-sha-256"]
        try:
            made = self._run("initdb", "-D", draft / "cluster", *options, f"--pwfile={password_file}")
            if made.returncode != 0:
                raise PostgresError(f"No database could be made in {self.home}:\n{made.stdout.strip()}")
            (draft / "cluster").rename(self.folder)
            _sync_folder(self.home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def check_version(self) -> None:
        """Refuse a cluster that another major version of PostgreSQL wrote."""
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise PostgresError(
                f"{self.folder} was written by PostgreSQL {version}; this is {MAJOR_VERSION}: "
                "dump it with its own version and load it here, or choose another CARAT_DATA_DIR."
            )

    def postmaster(self) -> Postmaster | None:
        """The living server of this cluster, or None; a leftover postmaster.pid is told from a living one."""
        lines = self._pid_file_lines()
        if len(lines) < 4 or not _is_postmaster(int(lines[0]), self.folder):
            return None
        return Postmaster(int(lines[0]), int(lines[3]), ready=len(lines) >= 8 and lines[7] == "ready")

    def launch(self, preferred_port: int | None, timeout_seconds: int) -> int:
        """Start the server, crash recovery included, and return the port of 127.0.0.1 where it listens."""
        self._prepare_log()
        self._drop_pid_file_of_a_stranger()
        deadline = time.monotonic() + timeout_seconds
        ports_left = PORT_ATTEMPTS
        port = free_port(preferred_port)
        while True:
            log_start = self.log.stat().st_size if self.log.exists() else 0
            options = shlex.join(f"-c{name}={value}" for name, value in server_options(port).items())
            wait = ["-w", "-t", str(timeout_seconds)]
            started = self._run("pg_ctl", "start", "-D", self.folder, "-l", self.log, *wait, "-o", options)
            if started.returncode == 0:
                return port
            said = self._log_from(log_start)
            if "could not bind" in said and ports_left > 0:
                ports_left -= 1
                port = free_port(None)
            elif "pre-existing shared memory block" in said and time.monotonic() < deadline:
                time.sleep(RETRY_SECONDS)  # processes of a killed server are still on their way out
            else:
                raise self._start_failure(started.stdout, said)

    def halt(self) -> None:
        """Stop the living server cleanly: open transactions are rolled back, everything committed is kept."""
        if self.postmaster() is None:
            return
        patience = ["-m", "fast", "-t", str(STOP_TIMEOUT_SECONDS)]
        stopped = self._run("pg_ctl", "stop", "-D", self.folder, *patience)
        if stopped.returncode != 0 and self.postmaster() is not None:
            answer = stopped.stdout.strip()
            raise PostgresError(f"PostgreSQL in {self.folder} did not stop: {answer}\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last lines of the server's log, with the log's path."""
        return _tail(self.log, self._log_from(0))

    def _start_failure(self, answer: str, said: str) -> PostgresError:
        if self.postmaster() is not None:
            return PostgresError(
                f"PostgreSQL in {self.folder} is still recovering from a crash; it was left running: "
                f"start again to go on waiting.\n{_tail(self.log, said)}"
            )
        return PostgresError(
            f"PostgreSQL in {self.folder} did not start: {answer.strip()}\n{_tail(self.log, said)}\n"
            "Correct what the log names and start again, or choose another CARAT_DATA_DIR."
        )

    def _run(self, program: str, *arguments: str | Path) -> CompletedProcess[str]:
        return run_as(self.account, [binaries_for(self.account) / program, *arguments])

    def _give(self, *paths: Path) -> None:
        if self.account is not None:
            for path in paths:
                os.chown(path, self.account.uid, self.account.gid)

    def _pid_file_lines(self) -> list[str]:
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line.strip() for line in lines]

    def _drop_pid_file_of_a_stranger(self) -> None:
        # PostgreSQL takes any living process with the noted id (reused after a reboot of a container, or a
        # zombie) for a server and refuses to start; shared memory still guards against a real second one.
        lines = self._pid_file_lines()
        if lines and _is_alive(int(lines[0])) and self.postmaster() is None:
            (self.folder / "postmaster.pid").unlink()

    def _prepare_log(self) -> None:
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        self._give(self.log.parent)
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BYTES:
            self.log.replace(self.log.with_suffix(".old"))

    def _log_from(self, start: int) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(start, self.log.stat().st_size - MIB))
            return log.read().decode(errors="replace")


def _is_postmaster(pid: int, folder: Path) -> bool:
    if not Path("/proc/self/cmdline").exists():
        return _is_alive(pid)
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(folder) in arguments


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tail(log: Path, text: str) -> str:
    lines = text.splitlines()[-LOG_TAIL_LINES:]
    return "\n".join([f"Last lines of {log}:", *(f"  {line}" for line in lines)])
