"""The embedded PostgreSQL: one server per folder, and nothing committed is lost however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from services.runtime.postgres import EmbeddedPostgres, PostgresError, binary
from services.runtime.postgres_account import server_account

PATIENCE_SECONDS = 180

START_AND_WAIT_FOR_A_LINE = """
import sys
from services.runtime.postgres import EmbeddedPostgres
server = EmbeddedPostgres(sys.argv[1]).start()
print("owner" if server.is_owner else "attached", server.libpq_url("postgres"), flush=True)
sys.stdin.readline()
server.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place for a database that the server's account can enter; pytest's own are closed under root."""
    place = Path(tempfile.mkdtemp(prefix="carat-test-"))
    place.chmod(0o711)
    yield place / "data"
    remaining = EmbeddedPostgres(place / "data")
    if remaining.is_running():
        remaining.start().stop()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddedPostgres]:
    """A running server for what only reads."""
    place = Path(tempfile.mkdtemp(prefix="carat-test-"))
    place.chmod(0o711)
    with EmbeddedPostgres(place / "data") as server:
        yield server
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def stopped() -> Iterator[Path]:
    """The folder of a sound database that nobody runs, for what must refuse to start."""
    place = Path(tempfile.mkdtemp(prefix="carat-test-"))
    place.chmod(0o711)
    EmbeddedPostgres(place / "data").start().stop()
    yield place / "data"
    shutil.rmtree(place, ignore_errors=True)


@contextmanager
def changed(file: Path, text: str) -> Iterator[None]:
    sound = file.read_text()
    file.write_text(text)
    yield
    file.write_text(sound)


def another_process(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT_FOR_A_LINE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))},
    )


def role_and_url(process: subprocess.Popen[str]) -> list[str]:
    """What the process says once its start() is over; the lines of the log come before."""
    assert process.stdout is not None
    for line in process.stdout:
        words = line.split()
        if words and words[0] in ("owner", "attached"):
            return words
    raise AssertionError("the process ended without a server")


def let_stop(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


def postmaster_pid(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def write_a_row(server: EmbeddedPostgres) -> None:
    server.ensure_database("tier")
    with psycopg.connect(server.libpq_url("tier")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Sapphire' AS level")


def row(server: EmbeddedPostgres) -> object:
    with psycopg.connect(server.libpq_url("tier")) as connection:
        return connection.execute("SELECT level FROM kept").fetchone()


def setting(server: EmbeddedPostgres, name: str) -> object:
    with psycopg.connect(server.libpq_url("postgres")) as connection:
        found = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        assert found is not None
        return found[0]


def test_what_was_committed_is_there_after_a_clean_stop(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        write_a_row(server)
    assert not server.is_running()
    with EmbeddedPostgres(folder) as again:
        assert row(again) == ("Sapphire",)


def test_a_killed_server_comes_back_on_its_port_with_what_was_committed(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        write_a_row(server)
        address = server.url("tier")
        os.kill(postmaster_pid(folder), signal.SIGKILL)
        server.start()
        assert row(server) == ("Sapphire",)
        assert server.url("tier") == address
        assert "not properly shut down" in (folder / "log" / "postgres.log").read_text()


def test_two_processes_that_start_at_once_share_one_server_which_its_owner_stops(folder: Path) -> None:
    processes = [another_process(folder), another_process(folder)]
    said = {role: (url, process) for process in processes for role, url in [role_and_url(process)]}
    assert set(said) == {"owner", "attached"}
    assert said["owner"][0] == said["attached"][0]
    pid = postmaster_pid(folder)

    let_stop(said["attached"][1])
    assert EmbeddedPostgres(folder).is_running()
    assert postmaster_pid(folder) == pid

    let_stop(said["owner"][1])
    assert not EmbeddedPostgres(folder).is_running()


def test_a_server_whose_owner_was_killed_is_taken_over_with_the_next_start(folder: Path) -> None:
    owner = another_process(folder)
    role_and_url(owner)
    pid = postmaster_pid(folder)
    owner.kill()
    owner.communicate(timeout=PATIENCE_SECONDS)

    heir = EmbeddedPostgres(folder).start()
    assert heir.is_owner
    assert postmaster_pid(folder) == pid
    heir.stop()
    assert not heir.is_running()


def test_a_first_start_killed_half_way_is_begun_anew(folder: Path) -> None:
    beginner = another_process(folder)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not list(folder.glob("initdb-*/cluster/base")):
        assert time.monotonic() < deadline
    beginner.kill()
    beginner.communicate(timeout=PATIENCE_SECONDS)
    assert not (folder / "cluster").exists()

    with EmbeddedPostgres(folder) as server:
        write_a_row(server)
        assert row(server) == ("Sapphire",)


def test_a_server_that_is_still_starting_runs_already(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pid_file = folder / "cluster" / "postmaster.pid"
        with changed(pid_file, pid_file.read_text().replace("ready", "starting")):
            assert EmbeddedPostgres(folder).is_running()


def test_a_pid_file_that_names_a_stranger_does_not_keep_the_server_down(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pid_file = folder / "cluster" / "postmaster.pid"
        noted = pid_file.read_text().splitlines()
    account = server_account(folder / "cluster")
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", user=None if account is None else account.uid)
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *noted[1:]]) + "\n")
        assert not EmbeddedPostgres(folder).is_running()
        with EmbeddedPostgres(folder) as server:
            assert server.is_running()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_that_cannot_start_says_why(stopped: Path) -> None:
    configuration = stopped / "cluster" / "postgresql.conf"
    broken = EmbeddedPostgres(stopped)
    with (
        changed(configuration, configuration.read_text() + "\nno_such_thing = 1\n"),
        pytest.raises(PostgresError, match='unrecognized configuration parameter "no_such_thing"'),
    ):
        broken.start()
    assert not broken.is_owner


def test_a_cluster_of_another_version_is_refused(stopped: Path) -> None:
    with (
        changed(stopped / "cluster" / "PG_VERSION", "16\n"),
        pytest.raises(PostgresError, match="written by PostgreSQL 16"),
    ):
        EmbeddedPostgres(stopped).start()


def test_a_lost_password_is_not_replaced_by_another(stopped: Path) -> None:
    kept = stopped / "password"
    password = kept.read_text()
    kept.unlink()
    with pytest.raises(PostgresError, match="password is missing"):
        EmbeddedPostgres(stopped).start()
    kept.write_text(password)


def test_commits_are_synced_and_pages_are_checked(shared: EmbeddedPostgres) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert setting(shared, name) == "on", name


def test_the_server_listens_on_loopback_and_on_no_socket_file(shared: EmbeddedPostgres) -> None:
    assert setting(shared, "listen_addresses") == "127.0.0.1"
    assert setting(shared, "unix_socket_directories") == ""


def test_a_wrong_password_is_refused(shared: EmbeddedPostgres) -> None:
    wrong = shared.libpq_url("postgres").replace("carat:", "carat:0", 1)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(wrong)


def test_text_sorts_by_code_point_in_utc(shared: EmbeddedPostgres) -> None:
    assert setting(shared, "TimeZone") == "UTC"
    with psycopg.connect(shared.libpq_url("postgres")) as connection:
        words = connection.execute("SELECT w FROM unnest('{é,b,B,a}'::text[]) w ORDER BY w").fetchall()
    assert words == [("B",), ("a",), ("b",), ("é",)]


def test_a_database_is_made_once(shared: EmbeddedPostgres) -> None:
    shared.ensure_database("points")
    shared.ensure_database("points")
    with psycopg.connect(shared.libpq_url("points")) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("points",)


@pytest.mark.parametrize("name", ["", "Tier", "tier-1", "1tier", "tier; drop", "t" * 64])
def test_a_database_name_that_would_need_quotes_is_refused(shared: EmbeddedPostgres, name: str) -> None:
    with pytest.raises(PostgresError, match="is no database name"):
        shared.ensure_database(name)


def test_there_is_no_address_before_the_start(folder: Path) -> None:
    with pytest.raises(PostgresError, match="before start"):
        EmbeddedPostgres(folder).url("tier")


def test_asking_whether_a_server_runs_leaves_no_trace(folder: Path) -> None:
    assert not EmbeddedPostgres(folder).is_running()
    assert not folder.exists()


def test_the_bundled_programs_run() -> None:
    answer = subprocess.run([binary("pgbench"), "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("pgbench (PostgreSQL) 18")
    with pytest.raises(PostgresError, match="no program oracle"):
        binary("oracle")
