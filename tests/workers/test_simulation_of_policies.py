"""What-if: the rules of a changed policy over everybody, writing nothing, and what is foreseen is what then happens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.runtime.database import Database
from services.tier.policy_document import Level, Maintenance, Repeats, Reset, Thresholds, TierPolicy
from tests.tier.policies import POLICY, SPA, SPA_LEVELS, with_game, with_sapphire, with_spa
from tests.tier.test_jobs import joined
from tests.tier.world import purchase
from tests.workers.lived_membership import MEMBERS, TODAY, Lived, begun, day_of, lived
from workers.executor import Executor
from workers.jobs import JOBS
from workers.progress.reports import Run
from workers.refusals import Reason, RunRefused

CRYSTAL, SAPPHIRE, PLATINUM = SPA_LEVELS
RUBY = Level("ruby", "Ruby", 13_000, Thresholds(spend_minor=600_000), grace_months=3)
CHANGED = {
    "a level is easier to enter": with_sapphire(entry=Thresholds(spend_minor=100_000)),
    "a level is harder to keep": with_sapphire(keep=Thresholds(spend_minor=290_000)),
    "a level comes in between": with_spa(levels=(CRYSTAL, SAPPHIRE, RUBY, PLATINUM)),
    "half a year counts": with_spa(window_months=6),
    "two years count": with_spa(window_months=24),
    "checked on every day": with_spa(maintenance=Maintenance.CONTINUOUS),
    "checked at resets": with_spa(
        maintenance=Maintenance.RESET,
        window_months=0,
        reset=Reset(TODAY - timedelta(300), Repeats.MONTHLY),
        levels=(CRYSTAL, replace(SAPPHIRE, keep=Thresholds(spend_minor=100_000)), PLATINUM),
    ),
    "never checked": with_spa(maintenance=Maintenance.NONE),
    "switched off": with_spa(active=False),
    "the other ladder": with_game(
        levels=(Level("bronze", "Bronze"), Level("silver", "Silver", None, Thresholds(points=300)))
    ),
    "nothing": POLICY,
}


@pytest.fixture
def life(new_database: Callable[[str], Database]) -> Lived:
    return lived(new_database("tier"))


def told(run: Run) -> set[tuple[str, str, str]]:
    return {tuple(kind) for kind, _ in run.changes}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_what_a_simulation_foresees_is_what_an_evaluation_does_once_the_policy_is_applied(
    life: Lived, changed: TierPolicy
) -> None:
    foreseen = life.what_if(changed)
    members = life.changes(foreseen)
    assert life.world.apply(changed) == []
    run = life.done("tier-evaluation")
    assert life.changes(run) == members
    assert (run.plan_hash, run.changes) == (foreseen.plan_hash, foreseen.changes)
    assert run.members_read == foreseen.members_read == MEMBERS


def test_the_changes_foreseen_differ_from_policy_to_policy(life: Lived) -> None:
    hashes = [life.what_if(changed, everyone=True).plan_hash for changed in CHANGED.values()]
    assert len(set(hashes)) == len(CHANGED)


@pytest.mark.parametrize("everyone", [False, True])
def test_a_simulation_writes_nothing(life: Lived, everyone: bool) -> None:
    before = life.world.snapshot()
    run = life.what_if(with_spa(window_months=6), everyone=everyone)
    assert life.changes(run)
    assert life.world.snapshot() == before


@pytest.mark.parametrize("executor", ["inline", pytest.param("ray", marks=pytest.mark.ray)], indirect=True)
def test_every_executor_foresees_the_same(
    new_database: Callable[[str], Database], life: Lived, executor: Executor
) -> None:
    other = lived(new_database("tier"), executor)
    changed = with_spa(window_months=6)
    assert other.what_if(changed).plan_hash == life.what_if(changed).plan_hash


def test_what_is_to_succeed_the_policy_later_does_not_hide_what_is_simulated(life: Lived) -> None:
    foreseen = life.what_if(with_sapphire(entry=Thresholds(spend_minor=100_000)))
    assert life.world.apply(with_spa(active=False), TODAY + timedelta(1)) == []
    again = life.what_if(with_sapphire(entry=Thresholds(spend_minor=100_000)))
    assert again.plan_hash == foreseen.plan_hash


SAPPHIRE_SINCE = TODAY - timedelta(200)


@pytest.fixture
def sapphire(new_database: Callable[[str], Database]) -> Lived:
    """M1 is Sapphire since two hundred days, of which nothing counts any more but MYR 3,000."""
    life = begun(new_database("tier"))
    world = joined(life.world, POLICY, "spa")
    world.today = TODAY
    world.record(purchase("T1", "M1", SAPPHIRE_SINCE, spend_minor=300_000))
    return life


def test_nobody_is_reviewed_whose_day_has_not_come(sapphire: Lived) -> None:
    assert sapphire.changes(sapphire.what_if(with_sapphire(keep=Thresholds(spend_minor=400_000)))) == []


def test_as_if_everybody_were_reviewed_today(sapphire: Lived) -> None:
    day = day_of(TODAY)
    kept = sapphire.what_if(POLICY, everyone=True)
    assert sapphire.changes(kept) == [("M1", "RENEWED", "sapphire", "sapphire", day, 0, 0)]
    harder = sapphire.what_if(with_sapphire(keep=Thresholds(spend_minor=300_001)), everyone=True)
    assert sapphire.changes(harder) == [("M1", "GRACE_ENTERED", "sapphire", "sapphire", day, 0, 0)]
    severe = with_sapphire(keep=Thresholds(spend_minor=300_001), grace_months=0)
    assert sapphire.changes(sapphire.what_if(severe, everyone=True)) == [
        ("M1", "REVIEW_FAILED", "sapphire", "crystal", day, 0, 0)
    ]


def test_nobody_is_held_to_a_second_review_on_one_day(sapphire: Lived) -> None:
    world = sapphire.world
    world.record(purchase("T2", "M1", TODAY, spend_minor=800_000))
    assert world.moves("M1")[-1].to_level == "platinum"
    assert sapphire.changes(sapphire.what_if(POLICY, everyone=True)) == []


def test_those_at_the_lowest_level_and_in_grace_are_not_reviewed(life: Lived) -> None:
    run = life.what_if(POLICY, everyone=True)
    assert {before for reason, before, _ in told(run) if reason == "RENEWED"} <= {"sapphire", "platinum"}
    due, everyone = life.changes(life.what_if(POLICY)), life.changes(run)
    assert set(due) < set(everyone)


def started(life: Lived, policy: TierPolicy) -> RunRefused:
    before = life.world.snapshot(), life.operations.list_runs(10, "")
    with pytest.raises(RunRefused) as refused:
        life.what_if(policy)
    assert (life.world.snapshot(), life.operations.list_runs(10, "")) == before
    return refused.value


def test_before_any_program_there_is_nothing_to_simulate(new_database: Callable[[str], Database]) -> None:
    assert started(begun(new_database("tier")), POLICY).reason is Reason.POLICY_REQUIRED


def test_a_policy_that_could_not_be_applied_is_refused_with_all_its_mistakes(life: Lived) -> None:
    wrong = with_sapphire(multiplier_bp=5_000, grace_months=-1)
    refused = started(life, wrong)
    assert refused.reason is Reason.POLICY_INVALID
    applied = life.world.apply(wrong, validate_only=True)
    assert [(mistake.path, mistake.rule) for mistake in refused.mistakes] == [
        (mistake.path, mistake.rule) for mistake in applied
    ]
    assert len(applied) == 2


def test_a_policy_without_a_level_that_members_may_stand_on_is_refused(life: Lived) -> None:
    fewer = replace(POLICY, systems=(replace(SPA, levels=SPA_LEVELS[:2]),))
    rules = {mistake.rule.name for mistake in started(life, fewer).mistakes}
    assert rules == {"MUST_NOT_BE_REMOVED"}


@pytest.mark.parametrize("job", ["what-if", "replay"])
def test_simulations_are_no_jobs_that_can_be_run(life: Lived, job: str) -> None:
    with pytest.raises(RunRefused) as refused:
        life.operations.start(job, day_of(TODAY), preview=True)
    assert refused.value.reason is Reason.JOB_UNKNOWN
    assert job not in refused.value.text.partition("there are")[2]


OF_TIER = [name for name, job in JOBS.items() if job.service == "tier"]


def test_previews_are_the_runs_that_follow_them_for_every_job_of_tier(life: Lived) -> None:
    moved = 0
    assert life.world.apply(with_sapphire(entry=Thresholds(spend_minor=150_000))) == []
    for job in OF_TIER:
        preview = life.done(job, preview=True)
        foreseen = life.changes(preview)
        run = life.done(job)
        assert (job, run.plan_hash, run.changes) == (job, preview.plan_hash, preview.changes)
        assert (job, life.changes(run) if foreseen_is_recorded(job) else foreseen) == (job, foreseen)
        moved += len(foreseen)
    assert moved > MEMBERS // 2


def foreseen_is_recorded(job: str) -> bool:
    """Sums that were rolled on without a move are in no history."""
    return job != "window-roll"
