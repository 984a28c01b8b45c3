"""One deployment for all tests of this folder, brought back to the same beginning before each."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from carat.operations.v1.run_pb2 import Run
from services.cli.apply import applied
from services.cli.demo.jobs import JOBS, PlannedJob, run_job
from services.cli.verification import settle, verify_all
from tests.faults.deployment import PATIENCE_SECONDS, Deployment
from tests.faults.membership import Membership, draw, enrol, write_program
from tests.faults.snapshots import bring_back, keep
from tests.faults.tills import sell
from tests.faults.twin import Dump, differences, dump

NOBODY: Final = "nobody"
MEMBERSHIP: Final = "membership"
REVIEW: Final = PlannedJob("tier-review", date(2026, 7, 31))


@pytest.fixture(scope="session")
def running() -> Iterator[Deployment]:
    """Everything up, with a program and without members; kept as NOBODY."""
    folder = Path(tempfile.mkdtemp(prefix="carat-faults-"))
    # Not tmp_path: pytest makes it for one user only, and as root the database server runs as another.
    folder.chmod(0o711)
    with closing(Deployment(folder)) as deployment:
        deployment.mend()
        with deployment.connect() as connections:
            applied(connections, write_program(folder / "program.yaml"))
        keep(deployment.databases, NOBODY)
        yield deployment
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def membership(running: Deployment) -> Membership:
    """Members with a year of purchases, sent through the API; kept as MEMBERSHIP."""
    drawn = draw()
    bring_back(running.databases, NOBODY)
    enrol(running, drawn.members())
    sell(running.settings, drawn.early())
    settle_down(running)
    keep(running.databases, MEMBERSHIP)
    return drawn


@pytest.fixture
def deployment(running: Deployment, membership: Membership) -> Deployment:
    """The deployment with that membership and nothing else, all processes well."""
    begin_again(running)
    return running


@pytest.fixture(scope="session")
def undisturbed_jobs(running: Deployment, membership: Membership) -> dict[str, Dump]:
    """What each of the demo's jobs leaves behind, one after the other, when nobody disturbs them."""
    begin_again(running)
    found = {}
    for job in JOBS:
        run(running, job)
        found[job.name] = _settled_dump(running)
    return found


@pytest.fixture(scope="session")
def undisturbed_sale(running: Deployment, membership: Membership) -> Dump:
    """What the late purchases leave behind when nobody disturbs them."""
    begin_again(running)
    sell(running.settings, membership.late())
    return _settled_dump(running)


def begin_again(deployment: Deployment, kept: str = MEMBERSHIP) -> None:
    """All processes well, and the databases as they were kept."""
    deployment.mend()
    settle_down(deployment)
    bring_back(deployment.databases, kept)


def run(deployment: Deployment, job: PlannedJob, on_progress: Callable[[Run], None] = lambda _: None) -> Run:
    """Starts a job and waits for its end, through whatever happens to the engine; it must finish."""
    with deployment.connect() as connections:
        return run_job(connections, job, on_progress)


def expect_equal(deployment: Deployment, twin: Dump) -> None:
    """Every promise is kept, and the state is that of the twin."""
    expect_promises_kept(deployment)
    assert differences(twin, dump(deployment.databases)) == []


def expect_promises_kept(deployment: Deployment) -> None:
    """What `carat verify` checks, when all is well again, posted and followed."""
    deployment.wait_until_serving()
    with deployment.connect() as connections:
        found = verify_all(connections, PATIENCE_SECONDS)
    assert [check for check in found.checks if check.breaches] == []
    assert found.unsettled == ()


def _settled_dump(deployment: Deployment) -> Dump:
    settle_down(deployment)
    return dump(deployment.databases)


def settle_down(deployment: Deployment) -> None:
    """Returns when all is posted and followed."""
    with deployment.connect() as connections:
        assert settle(connections, PATIENCE_SECONDS) == []
