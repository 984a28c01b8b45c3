"""The databases that the bench works on: made, copied and dropped on a server of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.runtime.postgres import binary

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A PostgreSQL server, by the address of any of its databases."""

    address: str

    def url(self, database: str) -> str:
        """The SQLAlchemy address of one database."""
        return sa.make_url(self.address).set(database=database).render_as_string(hide_password=False)

    def rows(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        """Runs a statement that belongs to no transaction; its rows, if it has any."""
        engine = sa.create_engine(self.url(database), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def create(self, database: str, template: str = "template0") -> None:
        """Makes a database, by copying the files of its template, and brings everything to disk."""
        self.rows("postgres", f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy")
        self.settle()

    def settle(self) -> None:
        """Writes out what earlier measurements left, so that the next one does not pay for it."""
        self.rows("postgres", "CHECKPOINT")

    def drop(self, database: str) -> None:
        """Removes a database, whoever is still connected to it."""
        self.rows("postgres", f"DROP DATABASE {database} WITH (FORCE)")

    @contextmanager
    def copy_of(self, template: str) -> Iterator[str]:
        """A copy that exists while the context lasts; its name, which no other copy had: actors keep connections."""
        name = f"{template}_{next(_numbers)}"
        self.create(name, template)
        try:
            yield name
        finally:
            self.drop(name)

    def begin(self, program: str, database: str, *arguments: str | Path) -> subprocess.Popen[str]:
        """Starts a program of PostgreSQL's own, connected to a database."""
        url = sa.make_url(self.address)
        environment = os.environ | {
            "PGHOST": str(url.host),
            "PGPORT": str(url.port),
            "PGUSER": str(url.username),
            "PGPASSWORD": str(url.password or ""),
            "PGDATABASE": database,
        }
        command = [binary(program), *arguments]
        return subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )


def finished(process: subprocess.Popen[str]) -> str:
    """What a program wrote; RuntimeError when it failed."""
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} failed:\n{said}")
    return said
