"""A quote tells what recording the purchase now would answer, and leaves everything as it was."""

from dataclasses import replace
from datetime import date

import pytest

from carat.tier.v1 import move_pb2, tier_service_pb2
from services.runtime.refusal import Refused
from services.tier.policy_document import Share, Split
from services.tier.refusals import Reason
from tests.tier.calls import asked
from tests.tier.celebrating_spa import BORN, TODAY, bought_for, spa_with
from tests.tier.policies import AUTOMATIC, POLICY
from tests.tier.records import erase, merge
from tests.tier.world import Item, Result, TierWorld, purchase, reason_name

FEBRUARY = date(2025, 2, 3)
MARCH = date(2025, 3, 3)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 is Crystal and was born in February, M2 is Platinum."""
    return spa_with(tier_world, ("M1", "crystal", BORN), ("M2", "platinum", None))


def quoted(world: TierWorld, *items: Item) -> list[Result]:
    """QuoteActivities, which changes nothing."""
    before = world.snapshot()
    request = tier_service_pb2.QuoteActivitiesRequest(activities=items)
    results = list(asked(world, "QuoteActivities", request).results)
    assert world.snapshot() == before
    return results


def test_a_quote_equals_what_recording_then_answers(spa: TierWorld) -> None:
    item = purchase("T1", "M1", FEBRUARY, base_points=100, visits=1, package_micropoints=10**6)
    [told] = quoted(spa, item)
    assert [told] == spa.record(item)
    assert (told.points, told.treatment_ordinal, told.tier_system) == (200, 1, "spa")


def test_a_quote_tells_the_promotion_that_the_purchase_would_bring(spa: TierWorld) -> None:
    item = purchase("T1", "M1", MARCH, spend_minor=300_000, base_points=3_000)
    [told] = quoted(spa, item)
    assert (told.level, told.level_after) == ("crystal", "sapphire")
    assert told.move_reason == move_pb2.MOVE_REASON_THRESHOLD_REACHED
    assert [told] == spa.record(item)


def test_a_quote_settles_what_fell_due_before(spa: TierWorld) -> None:
    bought_for(spa, "M1", [FEBRUARY], spend_minor=300_000)
    spa.today = date(2026, 3, 1)
    item = purchase("T2", "M1", spa.today, base_points=100)
    [told] = quoted(spa, item)
    assert told.level == "crystal"
    assert [told] == spa.record(item)


def test_an_unknown_id_is_quoted_as_the_newcomer_that_it_would_become(spa: TierWorld) -> None:
    item = purchase("T1", "M7", MARCH, base_points=100, visits=2)
    [told] = quoted(spa, item)
    assert (told.points, told.treatment_ordinal, told.level) == (100, 2, "crystal")
    assert told.move_reason == move_pb2.MOVE_REASON_ENROLLED
    assert [told] == spa.record(item)


def test_each_of_several_newcomers_is_quoted_in_the_system_that_it_would_join(
    tier_world: TierWorld,
) -> None:
    tier_world.today = TODAY
    split = Split("spring", (Share("spa", 50), Share("game", 50)))
    assert tier_world.apply(replace(AUTOMATIC, default_system="", split=split)) == []
    items = [purchase(f"T{number}", f"N{number}", MARCH, base_points=100) for number in range(12)]
    told = quoted(tier_world, *items)
    assert {result.tier_system for result in told} == {"spa", "game"}
    assert told == tier_world.record(*items)


def test_an_unknown_id_is_refused_where_members_are_enrolled_explicitly(tier_world: TierWorld) -> None:
    tier_world.today = TODAY
    assert tier_world.apply(POLICY) == []
    [told] = quoted(tier_world, purchase("T1", "M7", MARCH))
    assert reason_name(told.reason) == Reason.MEMBER_UNKNOWN.name


def test_no_purchase_of_a_quote_is_aware_of_the_others(spa: TierWorld) -> None:
    items = [
        purchase("T1", "M1", MARCH, spend_minor=300_000, base_points=100, visits=1),
        purchase("T2", "M1", MARCH, base_points=100, visits=1),
        purchase("T2", "M7", MARCH, base_points=100, visits=1),
        purchase("T1", "M7", MARCH, base_points=100, visits=1),
    ]
    results = quoted(spa, *items)
    assert [result.reason for result in results] == [0] * 4
    assert [result.treatment_ordinal for result in results] == [1] * 4
    assert [result.level_after for result in results] == ["sapphire", "crystal", "crystal", "crystal"]


def test_what_was_recorded_before_is_quoted_with_its_first_answer(spa: TierWorld) -> None:
    item = purchase("T1", "M1", MARCH, base_points=100)
    [first] = spa.record(item)
    first.replayed = True
    assert quoted(spa, item) == [first]
    [other] = quoted(spa, purchase("T1", "M1", MARCH, base_points=101))
    assert reason_name(other.reason) == Reason.TRANSACTION_ID_REUSED.name


def test_what_recording_would_refuse_is_refused_alike(spa: TierWorld) -> None:
    merge(spa, "M1", "M2")
    erase(spa, "M2")
    items = [
        purchase("T 1", "M1", MARCH),
        purchase("T2", "M 1", MARCH),
        purchase("T3", "M1", MARCH),
        purchase("T4", "M2", MARCH),
        purchase("T5", "M7", MARCH, base_points=-1),
        purchase("T6", "M7", MARCH, base_points=1, package_micropoints=10**6 + 1),
        purchase("T7", "M7", None),
        purchase("T8", "M7", date(2025, 6, 2)),
        purchase("T9", "M2", date(2024, 1, 9)),
        purchase("T10", "M7", MARCH, property_id="till"),
    ]
    told = quoted(spa, *items)
    assert all(result.reason for result in told)
    before = spa.snapshot()
    assert told == spa.record(*items)
    assert spa.snapshot() == before


def test_more_purchases_than_a_call_takes_are_refused_whole(spa: TierWorld) -> None:
    many = [purchase(f"T{number}", "M1", MARCH) for number in range(1_001)]
    with pytest.raises(Refused) as refusal:
        quoted(spa, *many)
    assert refusal.value.reason == Reason.BATCH_TOO_LARGE
    assert len(quoted(spa, *many[1:])) == 1_000


def test_a_quote_waits_for_nobody(spa: TierWorld) -> None:
    item = purchase("T1", "M1", MARCH, base_points=100)
    with spa.database.engine.begin() as connection:
        connection.exec_driver_sql("SELECT * FROM standing FOR UPDATE")
        assert [result.points for result in quoted(spa, item)] == [100]


def test_nothing_to_quote_is_answered_with_nothing(spa: TierWorld) -> None:
    assert quoted(spa) == []
