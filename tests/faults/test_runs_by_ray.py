"""Whatever is killed while Ray's actors are at work: the run ends as an undisturbed one that had none."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.cli.waiting import eventually
from tests.faults.conftest import REVIEW, expect_equal, run
from tests.faults.deployment import ENGINE, PATIENCE_SECONDS, Deployment
from tests.faults.gates import SECOND_HALF, no_changes_to
from tests.faults.tills import meanwhile
from tests.faults.twin import Dump

pytestmark = [pytest.mark.faults, pytest.mark.ray]

ACTORS = 2


@pytest.fixture(scope="module", autouse=True)
def engine_with_ray(running: Deployment) -> Iterator[None]:
    running.change(ENGINE, CARAT_EXECUTOR="ray")
    yield
    running.change(ENGINE, CARAT_EXECUTOR="inline")


def all_actors(deployment: Deployment) -> list[int]:
    """The processes of all actors; none where a look at the processes of a busy Ray missed one."""
    found = deployment.shard_actors()
    return found if len(found) == ACTORS else []


def test_shard_actors_killed_in_the_middle_of_their_transactions_are_replaced(
    deployment: Deployment, undisturbed_jobs: dict[str, Dump]
) -> None:
    with (
        no_changes_to(deployment.databases["tier"], SECOND_HALF) as gate,
        meanwhile(lambda: run(deployment, REVIEW)),
    ):
        gate.wait_for(ACTORS)
        for pid in eventually(lambda: all_actors(deployment), PATIENCE_SECONDS):
            os.kill(pid, signal.SIGKILL)
        gate.open()
    expect_equal(deployment, undisturbed_jobs[REVIEW.name])


def test_a_postgres_killed_under_shard_actors_loses_nothing_of_the_review(
    deployment: Deployment, undisturbed_jobs: dict[str, Dump]
) -> None:
    with (
        no_changes_to(deployment.databases["tier"], SECOND_HALF) as gate,
        meanwhile(lambda: run(deployment, REVIEW)),
    ):
        gate.wait_for(ACTORS)
        deployment.kill_postgres()
        gate.open()
        deployment.postgres.start()
    expect_equal(deployment, undisturbed_jobs[REVIEW.name])


def test_a_run_whose_engine_was_killed_with_its_ray_is_finished_by_an_engine_without(
    deployment: Deployment, undisturbed_jobs: dict[str, Dump]
) -> None:
    with (
        no_changes_to(deployment.databases["tier"], SECOND_HALF) as gate,
        meanwhile(lambda: run(deployment, REVIEW)),
    ):
        gate.wait_for(ACTORS)
        deployment.kill(ENGINE)
        gate.open()
        deployment.start(ENGINE, CARAT_EXECUTOR="inline")
    expect_equal(deployment, undisturbed_jobs[REVIEW.name])
