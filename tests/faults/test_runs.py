"""Whatever is killed in the middle of a run: the run ends as its undisturbed twin."""

from functools import partial

import pytest

from services.cli.demo.jobs import JOBS
from tests.faults.conftest import REVIEW, expect_equal, run, settle_down
from tests.faults.deployment import ENGINE, Deployment
from tests.faults.gates import SECOND_HALF, no_changes_to
from tests.faults.tills import meanwhile
from tests.faults.twin import Dump

pytestmark = pytest.mark.faults


# In the transaction; at its end; after it. Each the third time, so that there is work done and work to do.
DEATHS: dict[str, list[str]] = {
    "tier-review": ["chunk.before_record:3", "chunk.recorded:3", "chunk.committed:3"],
    "allowance-refresh": ["chunk.recorded:3"],
}


def test_an_engine_killed_again_and_again_goes_on_by_itself_whenever_it_is_started(
    deployment: Deployment, undisturbed_jobs: dict[str, Dump]
) -> None:
    for job in JOBS:
        if job.name in DEATHS:
            deployment.kill(ENGINE)
        with meanwhile(partial(run, deployment, job)):
            for point in DEATHS.get(job.name, []):
                deployment.start(ENGINE, CARAT_FAULT=point)
                deployment.wait_until_killed(ENGINE)
            if job.name in DEATHS:
                deployment.start(ENGINE)
        settle_down(deployment)
    expect_equal(deployment, undisturbed_jobs[JOBS[-1].name])


def test_a_postgres_killed_in_the_middle_of_a_review_loses_nothing_of_it(
    deployment: Deployment, undisturbed_jobs: dict[str, Dump]
) -> None:
    with (
        no_changes_to(deployment.databases["tier"], SECOND_HALF) as gate,
        meanwhile(lambda: run(deployment, REVIEW)),
    ):
        gate.wait_for(1)
        deployment.kill_postgres()
        gate.open()
        deployment.postgres.start()
    expect_equal(deployment, undisturbed_jobs[REVIEW.name])
