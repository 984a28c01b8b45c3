"""The embedded PostgreSQL 18: one server per data directory, shared by every process that names it.

Who finds no server starts one and owns it; who finds one attaches. Only the owner's `stop()` stops it. When
an owner dies without stopping, the next process to attach becomes the owner, so no server is left for ever.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import structlog
from psycopg import sql

from services.runtime.file_lock import FileLock
from services.runtime.postgres_account import (
    STATE_FOR_ROOT,
    PostgresError,
    binaries_of_wheel,
    can,
    open_folder,
    server_account,
)
from services.runtime.postgres_cluster import SUPERUSER, Cluster
from services.runtime.postgres_options import LOOPBACK

__all__ = ["EmbeddedPostgres", "PostgresError", "binary"]

START_TIMEOUT_SECONDS = 300
POLL_SECONDS = 0.1
CONNECT_TIMEOUT_SECONDS = 10
NOT_AS_ROOT = "PostgreSQL does not run as root, and its own account cannot enter the data directory"
DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

_log = structlog.get_logger(__name__)


def binary(name: str) -> Path:
    """The path of a bundled PostgreSQL program such as `pgbench`; PostgresError if there is none."""
    path = binaries_of_wheel() / name
    if not path.exists():
        raise PostgresError(f"The bundled PostgreSQL has no program {name}; it has those in {path.parent}.")
    return path


class EmbeddedPostgres:
    """The server of one data directory, reachable on 127.0.0.1 only, by a password kept in that directory."""

    def __init__(self, data_dir: Path | str, *, start_timeout_seconds: int = START_TIMEOUT_SECONDS) -> None:
        self.data_dir = Path(data_dir).expanduser().resolve()
        self._timeout_seconds = start_timeout_seconds
        self._starting = FileLock(self.data_dir / "start.lock")
        self._ownership = FileLock(self.data_dir / "owner.lock")
        self._cluster: Cluster | None = None
        self._port: int | None = None
        self._password = ""

    @property
    def is_owner(self) -> bool:
        """Whether this process started the server (or inherited it from a dead owner) and will stop it."""
        return self._ownership.held

    def start(self) -> Self:
        """Have a server that takes connections: started, recovered or found running; else PostgresError."""
        try:
            open_folder(self.data_dir)
            with self._one_at_a_time():
                self._start()
        except OSError as refused:
            raise PostgresError(
                f"Cannot use {self.data_dir} for the database ({refused}): "
                "run as the user who made it, or choose another CARAT_DATA_DIR."
            ) from refused
        return self

    def stop(self) -> None:
        """Stop the server cleanly if this process owns it; an attached process leaves it running."""
        if self._cluster is None or not self.is_owner:
            return
        with self._one_at_a_time():
            self._cluster.halt()
            self._ownership.release()
        _log.info("postgres stopped", data_dir=str(self.data_dir))

    def is_running(self) -> bool:
        """Whether a server lives on this data directory, be it still starting or recovering."""
        cluster = self._cluster or Cluster(self._noted_home() or self.data_dir, account=None)
        return cluster.postmaster() is not None

    def ensure_database(self, name: str) -> None:
        """Create the database unless it exists; safe against others who do the same."""
        if not DATABASE_NAME.fullmatch(name):
            raise PostgresError(f"{name!r} is no database name: use lower-case letters, digits and _.")
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            create = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            try:
                connection.execute(create)
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return

    def url(self, name: str) -> str:
        """The SQLAlchemy address of a database of this server, password included."""
        return self.libpq_url(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def libpq_url(self, name: str) -> str:
        """The same address for psql, pgbench, ADBC and psycopg."""
        if self._port is None:
            raise PostgresError("The embedded PostgreSQL has no address before start().")
        return f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{self._port}/{name}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._cluster = cluster = self._choose_cluster()
        self._password = self._read_or_make_password(cluster)
        if not cluster.folder.exists():
            cluster.initialise(self._password)
        cluster.check_version()
        self._ownership.acquire()
        try:
            self._port = self._attach(cluster) or self._launch(cluster)
        except BaseException as error:
            if self.is_owner and not isinstance(error, Exception):
                cluster.halt()  # interrupted by a person, who wants nothing left behind
            self._ownership.release()
            raise
        _log.info("postgres ready", data_dir=str(self.data_dir), port=self._port, owner=self.is_owner)

    def _launch(self, cluster: Cluster) -> int:
        port = cluster.launch(self._last_port(), self._timeout_seconds)
        (self.data_dir / "port").write_text(f"{port}\n")
        attached = self._attach(cluster)
        if attached is None:
            raise PostgresError(f"PostgreSQL in {cluster.folder} started and died.\n{cluster.log_tail()}")
        return attached

    def _attach(self, cluster: Cluster) -> int | None:
        """The port of the living server once it accepts connections, or None when there is none."""
        deadline = time.monotonic() + self._timeout_seconds
        while (postmaster := cluster.postmaster()) is not None:
            if postmaster.ready and self._accepts(postmaster.port):
                return postmaster.port
            if time.monotonic() >= deadline:
                raise PostgresError(
                    f"PostgreSQL (process {postmaster.pid}) of {self.data_dir} accepted no connection for "
                    f"{self._timeout_seconds} s: start again to go on waiting.\n{cluster.log_tail()}"
                )
            time.sleep(POLL_SECONDS)
        return None

    def _accepts(self, port: int) -> bool:
        self._port = port
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError as refused:
            if "authentication failed" in str(refused):
                raise PostgresError(
                    f"The server of {self.data_dir} refuses the password in {self.data_dir / 'password'}: "
                    "restore that file, or choose another CARAT_DATA_DIR."
                ) from refused
            return False
        return True

    def _connect(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.libpq_url(name), autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._starting.acquire(self._timeout_seconds):
            raise PostgresError(
                f"Another process has been starting or stopping PostgreSQL for {self._timeout_seconds} s: "
                f"see what it waits for (lsof {self.data_dir / 'start.lock'})."
            )
        try:
            yield
        finally:
            self._starting.release()

    def _noted_home(self) -> Path | None:
        noted = self.data_dir / "location"
        return Path(noted.read_text().strip()) if noted.exists() else None

    def _choose_cluster(self) -> Cluster:
        """The cluster of this data directory, kept elsewhere if only root can enter the directory."""
        home = self._noted_home() or self.data_dir
        account = server_account(home / "cluster")
        if account is None or can(account, "x", home):
            return Cluster(home, account)
        if (home / "cluster").exists():
            raise PostgresError(
                f"Account {account.name}, which runs PostgreSQL, can no longer enter {home}: "
                "open its parent folders (chmod o+x)."
            )
        home = STATE_FOR_ROOT / f"data-{secrets.token_hex(8)}"
        open_folder(STATE_FOR_ROOT)
        open_folder(home)
        (self.data_dir / "location").write_text(f"{home}\n")
        _log.warning("postgres data kept elsewhere", kept_in=str(home), why=NOT_AS_ROOT)
        return Cluster(home, account)

    def _read_or_make_password(self, cluster: Cluster) -> str:
        kept = self.data_dir / "password"
        if not kept.exists():
            if cluster.folder.exists():
                raise PostgresError(f"{kept} is missing: restore it, or choose another CARAT_DATA_DIR.")
            draft = kept.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(24))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(kept)
        return kept.read_text().strip()

    def _last_port(self) -> int | None:
        # The same port again lets clients that outlived a crash of the server find it where it was.
        noted = self.data_dir / "port"
        text = noted.read_text().strip() if noted.exists() else ""
        return int(text) if text.isdigit() else None
