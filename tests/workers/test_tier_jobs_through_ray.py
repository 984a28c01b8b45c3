"""Every job on standings by actors in processes of their own: a preview is what the run does, a second run nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from services.runtime.database import Database
from services.tier.policy_document import Share, Split, TierPolicy
from tests.tier.policies import GAME, POLICY, SPA, SPA_LEVELS
from tests.workers.lived_membership import TODAY, Lived, lived
from workers.executor import Executor
from workers.jobs import JOBS

CRYSTAL, SAPPHIRE, PLATINUM = SPA_LEVELS
FOR_LIFE = (CRYSTAL, SAPPHIRE, replace(PLATINUM, lifetime_years=1))
SPA_FOR_LIFE = replace(SPA, inactive_months=2, levels=FOR_LIFE)
SHARED = Split("salt", (Share("spa", 50), Share("game", 50)))
UNNAMED = sa.text("UPDATE member SET tier_system = '' WHERE member_id LIKE 'M1%'")
NOTHING_DUE = ("grace-touchpoints", "invitation-expiration")
OF_STANDINGS = (
    "tier-review",
    *sorted({name for name, job in JOBS.items() if job.service == "tier"} - {"tier-review"}),
)


def everything() -> TierPolicy:
    """Lifetime, inactivity, and both systems shared between those of no attribute."""
    return replace(POLICY, systems=(SPA_FOR_LIFE, GAME), default_system="", split=SHARED)


@pytest.mark.parametrize("executor", [pytest.param("ray", marks=pytest.mark.ray)], indirect=True)
def test_what_a_preview_told_a_run_does_and_a_second_run_does_nothing_more(
    new_database: Callable[[str], Database], executor: Executor
) -> None:
    life: Lived = lived(new_database("tier"), executor)
    life.world.today = TODAY
    assert life.world.apply(everything()) == []
    life.world.database.transact(lambda connection: connection.execute(UNNAMED))
    for job in OF_STANDINGS:
        preview, run = life.done(job, preview=True), life.done(job)
        assert (run.changes, run.plan_hash) == (preview.changes, preview.plan_hash), job
        assert (len(run.changes) == 0) == (job in NOTHING_DUE), job
        assert life.done(job).changes == [], job
    assert life.world.broken_promises() == []
