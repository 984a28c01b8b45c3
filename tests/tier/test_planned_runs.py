"""A run goes by the revisions that there were when it was planned, whatever is applied while it goes on."""

from datetime import date

import numpy as np
import pytest

from services.kernel.calendar import day_number
from services.runtime.database import fetching
from services.tier.policy_document import Level, Maintenance, Thresholds
from tests.tier.policies import POLICY, SPA_LEVELS, with_spa
from tests.tier.test_jobs import JOINED, joined
from tests.tier.world import ALL_SHARDS, TierWorld, purchase
from workers.chunk import changes_of
from workers.job import AnyJob, Parameters, Scope
from workers.jobs.grace_expiration import GRACE_EXPIRATION
from workers.jobs.tier_review import TIER_REVIEW

REVIEWED_ON = date(2025, 1, 10)
GRACE_ENDS_ON = date(2025, 4, 10)


@pytest.fixture
def sapphire(tier_world: TierWorld) -> TierWorld:
    """M1 is Sapphire since 10 January 2024 and has bought nothing since."""
    tier_world.today = JOINED
    world = joined(tier_world, POLICY, "spa")
    world.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    return world


def planned(world: TierWorld, job: AnyJob, as_of: date) -> Parameters:
    return world.database.transact(lambda connection: job.plan(connection, day_number(as_of)))


def decided(world: TierWorld, job: AnyJob, as_of: date, parameters: Parameters) -> list[str]:
    changes = changes_of(world.database, job, ALL_SHARDS, day_number(as_of), parameters)
    return [str(reason) for reason in changes.reason]


@pytest.mark.parametrize(
    ("job", "as_of", "change"),
    [(TIER_REVIEW, REVIEWED_ON, "GRACE_ENTERED"), (GRACE_EXPIRATION, GRACE_ENDS_ON, "GRACE_EXPIRED")],
    ids=["tier-review", "grace-expiration"],
)
def test_a_revision_applied_while_a_run_goes_on_does_not_concern_it(
    sapphire: TierWorld, job: AnyJob, as_of: date, change: str
) -> None:
    if job is GRACE_EXPIRATION:
        sapphire.run_review(REVIEWED_ON)
    before = planned(sapphire, job, as_of)
    sapphire.today = as_of
    assert sapphire.apply(with_spa(maintenance=Maintenance.NONE)) == []
    assert decided(sapphire, job, as_of, before) == [change]
    afterwards = ["GRACE_LAPSED"] if job is GRACE_EXPIRATION else []
    assert decided(sapphire, job, as_of, planned(sapphire, job, as_of)) == afterwards


def test_a_member_who_rose_meanwhile_to_a_level_that_is_new_is_left_there(sapphire: TierWorld) -> None:
    parameters = planned(sapphire, TIER_REVIEW, REVIEWED_ON)
    ruby = Level("ruby", "Ruby", 13_000, Thresholds(spend_minor=600_000))
    sapphire.today = REVIEWED_ON
    assert sapphire.apply(with_spa(levels=(*SPA_LEVELS[:2], ruby, SPA_LEVELS[2]))) == []
    sapphire.record(purchase("T2", "M1", REVIEWED_ON, spend_minor=600_000))
    assert sapphire.moves("M1")[-1].to_level == "ruby"
    again = Scope(ALL_SHARDS.first_shard, ALL_SHARDS.last_shard, np.array(["M1"], dtype=object), lock=True)
    day = day_number(REVIEWED_ON)
    rows = sapphire.database.transact(lambda c: TIER_REVIEW.read(fetching(c), again, day, parameters))
    assert rows.standings.member_id.tolist() == ["M1"]
    assert len(TIER_REVIEW.changes(TIER_REVIEW.decide(rows, day, parameters))) == 0
