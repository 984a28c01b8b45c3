"""What every test shares: how Hypothesis searches, and one PostgreSQL for all databases of a session."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from services.runtime.database import Database
from services.runtime.migrate import migrate
from services.runtime.postgres import EmbeddedPostgres

# The same examples on every run, so that a change fails for what it changed, never for the luck of the draw,
# nor for a machine that takes its time over drawing them.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# Fresh examples, as many as patience allows: pytest --hypothesis-profile=search.
settings.register_profile("search", derandomize=False, deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("ci")

NewDatabase = Callable[[str], Database]

_SERVICES = Path(__file__).parent.parent / "services"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of the session's own, durable like a real one."""
    # Not tmp_path: pytest makes it for one user only, and as root the server runs as another.
    folder = Path(tempfile.mkdtemp(prefix="carat-tests-"))
    folder.chmod(0o711)
    with EmbeddedPostgres(folder / "postgres") as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_url(postgres: EmbeddedPostgres) -> Callable[[str], str]:
    """Gives the address of a new, empty database whose name begins with the word given."""

    def make(word: str) -> str:
        name = f"{word}_{next(_numbers)}"
        postgres.ensure_database(name)
        return postgres.url(name)

    return make


@pytest.fixture
def new_database(new_url: Callable[[str], str]) -> Iterator[NewDatabase]:
    """Opens a new database with the schema of a service: new_database("tier")."""
    opened: list[Database] = []

    def make(service: str) -> Database:
        opened.append(Database(new_url(service)))
        migrate(opened[-1], _SERVICES / service / "migrations")
        return opened[-1]

    yield make
    for database in opened:
        database.close()
