"""VerifyStandings finds what somebody broke behind the service's back."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from services.tier.columns import MoveReason
from services.tier.policy_document import Maintenance, Thresholds, Undoing
from services.tier.store.verification import granted_by_shard
from tests.services.test_tier_calls import member
from tests.tier.nights import joined, story
from tests.tier.policies import POLICY, SPA_LEVELS, with_spa
from tests.tier.records import erase, merge, separate
from tests.tier.refunds import refund, reverse
from tests.tier.staff_world import lock
from tests.tier.world import TierWorld, purchase
from workers.jobs.window_roll import WINDOW_ROLL

LASTING = with_spa(inactive_months=6, levels=(*SPA_LEVELS[:2], replace(SPA_LEVELS[2], lifetime_years=1)))
RECORDED = "Every member has a standing, and every standing a member, born in the same month"
COUNTED = "What counts equals the recorded activity of the window"
BY_DAY = "The sums by day equal the recorded activities less their reversals"
NUMBERED = "Treatments are numbered without a gap"
LED = "Every standing is where the last move led"
MARKED = "The marks of every standing are those that the last moves set"
FOR_LIFE = "What is held for life was never taken away"
REVERSED = "No purchase was reversed beyond what it gave"
ONCE = "A member moves at most once per rule and day"
FOLLOWING = "Every move begins where the one before it ended"
BEGINS = "What counts begins where the window begins"


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 rose by three purchases with treatments, one in part refunded, and is in grace a year later."""
    tier_world.today = date(2026, 6, 1)
    assert tier_world.apply(POLICY) == []
    assert tier_world.enrol(member("M1")) == [("", True)]
    bought = [
        purchase(f"T{number}", "M1", date(2024, 3, 1), spend_minor=400_000, visits=2, base_points=70)
        for number in range(3)
    ]
    assert [result.reason for result in tier_world.record(*bought)] == [0, 0, 0]
    third = refund("T0", date(2024, 3, 1), base_micropoints=7_000_000, spend_minor=1, visits=1)
    assert [result.points for result in reverse(tier_world, third)] == [7]
    tier_world.run_review(date(2025, 3, 2))
    assert tier_world.standing("M1", date(2025, 3, 3)).HasField("grace")  # type: ignore[union-attr]
    assert tier_world.broken_promises() == []
    return tier_world


@pytest.mark.parametrize(
    ("promise", "damage"),
    [
        (RECORDED, "DELETE FROM standing"),
        (RECORDED, "DELETE FROM member"),
        (RECORDED, "UPDATE standing SET birth_month = 2"),
        (COUNTED, "UPDATE standing SET visits = visits + 1"),
        (BY_DAY, "UPDATE activity_day SET points = points + 1"),
        (BY_DAY, "DELETE FROM activity_day"),
        (BY_DAY, "UPDATE reversal SET spend = spend - 1"),
        (BY_DAY, "DELETE FROM reversal"),
        (NUMBERED, "UPDATE activity SET ordinal = 4 WHERE transaction_id = 'T0'"),
        (NUMBERED, "UPDATE activity SET ordinal = ordinal + 1 WHERE transaction_id <> 'T2'"),
        (NUMBERED, "UPDATE standing SET treatments = 5"),
        (LED, "UPDATE standing SET grace_until = grace_until + 1"),
        (LED, "UPDATE standing SET grace_until = NULL, grace_from = NULL"),
        (LED, "UPDATE move SET grace_until = NULL"),
        (LED, "UPDATE standing SET level = 0"),
        (LED, "UPDATE standing SET system = 1"),
        (LED, "UPDATE standing SET level_since = level_since + 1"),
        (LED, "UPDATE standing SET kept_until = '2025-01-01'"),
        (MARKED, "UPDATE standing SET lifetime_since = '2025-01-01'"),
        (MARKED, "UPDATE standing SET inactive_since = '2025-01-01'"),
        (REVERSED, "UPDATE reversal SET spend = 400001"),
        (REVERSED, "UPDATE reversal SET visits = 3"),
        (REVERSED, "UPDATE reversal SET base_micropoints = 70000001"),
        (REVERSED, "UPDATE reversal SET points = points + 1"),
        (REVERSED, "DELETE FROM activity"),
        (REVERSED, "UPDATE activity SET member_id = 'M2'"),
        (ONCE, "UPDATE move SET reason = 5, effective_on = '2025-03-01' WHERE reason = 2"),
        (FOLLOWING, "UPDATE move SET from_level = 1 WHERE reason = 5"),
        (FOLLOWING, "UPDATE move SET from_level = 1 WHERE reason = 1"),
        (BEGINS, "UPDATE standing SET counted_from = counted_from - 1"),
        (BEGINS, "UPDATE standing SET counted_from = counted_from + 1"),
    ],
)
def test_what_was_damaged_is_found(spa: TierWorld, promise: str, damage: str) -> None:
    assert promise in promises_broken_by(spa, damage)


def promises_broken_by(world: TierWorld, damage: str) -> list[str]:
    """The promises that no longer hold after something was done behind the service's back."""
    world.database.transact(lambda connection: connection.execute(sa.text(damage)))
    return [text.partition(":")[0] for text in world.broken_promises()]


@pytest.fixture
def lasting(tier_world: TierWorld) -> TierWorld:
    """M1 holds the highest level for life, and M2 is inactive."""
    tier_world.today = date(2026, 6, 1)
    assert tier_world.apply(LASTING) == []
    assert tier_world.enrol(member("M1"), member("M2")) == [("", True)] * 2
    days = (date(2024, 3, 1), date(2025, 3, 2))
    tier_world.record(
        *[
            purchase(f"{member_id}-{day}", member_id, day, spend_minor=spend_minor)
            for member_id, spend_minor in (("M1", 1_000_000), ("M2", 100))
            for day in days
        ]
    )
    assert tier_world.standing("M1", days[1]).HasField("lifetime_since")  # type: ignore[union-attr]
    reasons = [move.reason for move in tier_world.moves("M2")]
    assert reasons == [1, MoveReason.INACTIVATED, MoveReason.REACTIVATED]
    assert tier_world.broken_promises() == []
    return tier_world


@pytest.mark.parametrize(
    ("promise", "damage"),
    [
        (MARKED, "UPDATE standing SET lifetime_since = NULL"),
        (MARKED, "UPDATE standing SET lifetime_since = lifetime_since + 1"),
        (MARKED, "DELETE FROM move WHERE reason = 13"),
        (MARKED, "DELETE FROM move WHERE reason = 15"),
        (FOR_LIFE, "UPDATE move SET reason = 7, from_rank = 2, to_rank = 1 WHERE reason = 4"),
        (ONCE, "UPDATE move SET effective_on = '2025-03-01', reason = 13 WHERE reason = 4"),
    ],
)
def test_marks_that_no_move_set_are_found(lasting: TierWorld, promise: str, damage: str) -> None:
    assert promise in promises_broken_by(lasting, damage)


def test_records_merged_separated_locked_and_erased_break_nothing(lasting: TierWorld) -> None:
    assert lasting.enrol(member("M3")) == [("", True)]
    lasting.record(purchase("M3-1", "M3", date(2025, 3, 3), visits=3))
    merge(lasting, "M1", "M3")
    lasting.record(purchase("M3-2", "M3", lasting.today, visits=1))
    assert lasting.broken_promises() == []
    separate(lasting)
    lock(lasting, "M2", request_id="L1", locked_until=date(2027, 1, 1))
    erase(lasting, "M1")
    assert lasting.broken_promises() == []


def test_a_number_given_twice_is_found_among_joined_records_too(lasting: TierWorld) -> None:
    lasting.record(*[purchase(f"M2-{number}", "M2", date(2025, 4, 1), visits=2) for number in range(2)])
    merge(lasting, "M1", "M2")
    assert lasting.broken_promises() == []
    again = "UPDATE activity SET ordinal = 3 WHERE transaction_id = 'M2-1'"
    assert NUMBERED in promises_broken_by(lasting, again)


def test_the_points_of_a_shard_are_those_that_were_not_taken_back(spa: TierWorld) -> None:
    points = spa.database.transact(granted_by_shard).points
    assert sum(points) == 70 + 87 + 87 - 7


def test_grace_that_ended_while_the_system_was_inactive_is_no_breach(spa: TierWorld) -> None:
    spa.today = date(2025, 3, 10)
    assert spa.apply(with_spa(active=False)) == []
    spa.today = date(2026, 6, 1)
    [result] = spa.record(purchase("T9", "M1", date(2025, 12, 1), spend_minor=100))
    assert result.reason == 0
    assert not spa.standing("M1", date(2026, 1, 1)).HasField("grace")  # type: ignore[union-attr]
    assert spa.broken_promises() == []


def test_a_window_that_a_revision_shortened_today_is_no_breach(spa: TierWorld) -> None:
    spa.today = date(2025, 3, 1)
    assert spa.apply(with_spa(window_months=6)) == []
    assert spa.broken_promises() == []


@pytest.mark.parametrize(("grace_months", "told"), [(0, "THRESHOLD_LOST"), (3, "GRACE_ENTERED")])
def test_what_a_check_took_may_be_won_and_lost_again_on_one_day(
    tier_world: TierWorld, grace_months: int, told: str
) -> None:
    crystal, sapphire, platinum = SPA_LEVELS
    hard_to_keep = replace(sapphire, keep=Thresholds(400_000), grace_months=grace_months)
    levels = (crystal, hard_to_keep, platinum)
    policy = with_spa(maintenance=Maintenance.CONTINUOUS, levels=levels)
    day, next_day = date(2020, 3, 1), date(2020, 3, 2)
    joined(tier_world, replace(policy, undoing=Undoing.KEEP))
    tier_world.today = day
    tier_world.record(purchase("T1", "M1", day, spend_minor=300_000))
    tier_world.run(WINDOW_ROLL, day)
    tier_world.record(purchase("T2", "M1", day, spend_minor=100_000))
    tier_world.today = next_day
    reverse(tier_world, refund("T2", day))
    tier_world.run(WINDOW_ROLL, day)
    assert [reason for on, reason, _ in story(tier_world.moves("M1")) if on == day].count(told) == 2
    assert tier_world.broken_promises() == []
    again = f"UPDATE move SET transaction_id = '' WHERE effective_on = '{day}'"
    assert ONCE in promises_broken_by(tier_world, again)


def test_who_was_separated_numbers_treatments_on_from_the_own_ones(tier_world: TierWorld) -> None:
    tier_world.today = date(2024, 6, 1)
    assert tier_world.apply(POLICY) == []
    tier_world.enrol(member("M1"), member("M2"))
    day = date(2024, 3, 1)
    tier_world.record(purchase("A", "M1", day, visits=2), purchase("B", "M2", day, visits=1))
    merge(tier_world, "M1", "M2")
    tier_world.record(purchase("C", "M2", day, visits=1))
    separate(tier_world)
    answers = tier_world.record(purchase("D", "M2", day, visits=1), purchase("E", "M2", day, visits=1))
    assert [answer.treatment_ordinal for answer in answers] == [3, 4]
    assert tier_world.broken_promises() == []
    twice = "UPDATE activity SET ordinal = 1, visits = 1 WHERE transaction_id = 'A'"
    assert NUMBERED in promises_broken_by(tier_world, twice)
