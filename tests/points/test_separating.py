"""Points come back when two records of one member are separated (DECISIONS, Meanings 35)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.points.tables import REDEMPTION
from tests.points.acts import (
    ages,
    brought,
    entries,
    held,
    opening,
    total,
)
from tests.points.following import AWAY, CHANGED, IN, UNDONE, follow, merge, separate, tidy
from tests.points.merged_records import (
    JUNE,
    MARCH,
    MAY,
    balance_of,
    balances,
    capture,
    crystal_members,
    give_back,
    refund,
)
from tests.points.redeeming import redeem
from tests.points.world import World, purchase


@pytest.fixture
async def spa(bare_world: World) -> World:
    return await crystal_members(bare_world)


async def test_undoing_gives_back_what_was_moved_whatever_was_spent_since(spa: World) -> None:
    await brought(spa, opening("O1", 300, MARCH), opening("O2", 150, JUNE, "M2"))
    await merge(spa, "M1", "M2")
    await redeem(spa, points=400, member_id="M2")
    before = total(spa)
    await separate(spa, "M1", "M2")
    assert await balances(spa) == [300, -250]
    assert ages(await entries(spa))[-1] == ("2026-03-01", 300)
    assert total(spa) == before
    assert await spa.broken_promises() == []


async def test_undoing_gives_back_less_what_was_refunded_of_the_records_own_purchases(spa: World) -> None:
    await spa.record(purchase("T1"), purchase("T2", "M2"))
    await merge(spa, "M1", "M2")
    await refund(spa, "T1", 4_000)
    await refund(spa, "T2", 1_000)
    await separate(spa, "M1", "M2")
    assert await balances(spa) == [60, 90]
    await refund(spa, "T1")
    assert await balances(spa) == [0, 90]
    assert await spa.broken_promises() == []


async def test_what_was_refunded_before_is_not_taken_off_again_after_a_second_merge(spa: World) -> None:
    await spa.record_one(purchase())
    for _ in range(3):
        await merge(spa, "M1", "M2")
        await refund(spa, "T1", 1_000) if await spa.balance("M2") == 100 else None
        await separate(spa, "M1", "M2")
    assert await balances(spa) == [90, 0]
    assert await spa.broken_promises() == []


async def test_a_merge_that_is_told_after_its_undoing_moves_nothing(spa: World) -> None:
    await spa.record_one(purchase())
    first = len(spa.tier.moves) + 1
    spa.tier.move("M1", UNDONE, to_level="crystal", other_member_id="M2", sequence=first + 1)
    await follow(spa)
    spa.tier.move("M1", AWAY, from_level="crystal", other_member_id="M2", sequence=first)
    await follow(spa)
    assert await balances(spa) == [100, 0]
    await redeem(spa, points=100)
    assert await spa.broken_promises() == []


async def test_a_merge_the_other_way_may_be_told_before_the_first_is_undone(spa: World) -> None:
    await spa.record(purchase("T1"), purchase("T2", "M2", 20_000))
    await merge(spa, "M1", "M2")
    first = len(spa.tier.moves) + 1
    spa.tier.move("M2", AWAY, from_level="crystal", other_member_id="M1", sequence=first + 2)
    await follow(spa)
    assert await balances(spa) == [300, 0]
    spa.tier.move("M1", UNDONE, to_level="crystal", other_member_id="M2", sequence=first)
    spa.tier.move(
        "M2", UNDONE, from_level="crystal", to_level="crystal", other_member_id="M1", sequence=first + 1
    )
    await follow(spa)
    assert await balances(spa) == [300, 0]
    await refund(spa, "T2")
    assert await balances(spa) == [100, 0]
    assert await spa.broken_promises() == []


async def test_all_refunded_and_merged_again_owes_nothing(spa: World) -> None:
    await spa.record_one(purchase())
    await merge(spa, "M1", "M2")
    await refund(spa, "T1")
    await separate(spa, "M1", "M2")
    await merge(spa, "M1", "M2")
    await separate(spa, "M1", "M2")
    assert await balances(spa) == [0, 0]


async def test_a_refund_beyond_what_was_left_is_owed_by_whose_purchase_it_was(spa: World) -> None:
    await spa.record_one(purchase())
    await redeem(spa, points=100)
    await merge(spa, "M1", "M2")
    await refund(spa, "T1")
    assert await balances(spa) == [0, -100]
    await separate(spa, "M1", "M2")
    assert await balances(spa) == [-100, 0]


async def test_what_is_owed_does_not_expire(spa: World) -> None:
    await spa.record_one(purchase(occurred_at=datetime(2025, 7, 20, 4, tzinfo=UTC)))
    await redeem(spa, points=100)
    await merge(spa, "M1", "M2")
    await refund(spa, "T1")
    spa.move_clock(timedelta(days=10))
    await separate(spa, "M1", "M2", effective_on={"year": 2026, "month": 7, "day": 25})
    assert await balances(spa) == [-100, 0]


async def test_what_expired_meanwhile_is_not_given_back(spa: World) -> None:
    await brought(spa, opening("O1", 300, date(2025, 7, 20)), opening("O2", 200, JUNE))
    await merge(spa, "M1", "M2")
    spa.move_clock(timedelta(days=10))
    await separate(spa, "M1", "M2", effective_on={"year": 2026, "month": 7, "day": 25})
    assert await balances(spa) == [200, 0]
    assert await spa.broken_promises() == []


async def test_payments_authorised_before_the_merge_are_the_records_own(spa: World) -> None:
    await brought(spa, opening("O1", 400, JUNE), opening("O2", 100, MAY, "M2"))
    await held(spa, 200, "R1")
    await held(spa, 100, "R2")
    await merge(spa, "M1", "M2")
    await capture(spa, "R1")
    await separate(spa, "M1", "M2")
    assert await balances(spa) == [200, 100]
    answer = await balance_of(spa, "M1")
    assert (answer.held, answer.available) == (100, 100)
    await give_back(spa)
    assert await balances(spa) == [400, 100]
    with spa.database.engine.connect() as connection:
        assert set(connection.scalars(sa.select(REDEMPTION.c.member_id))) == {"M1"}
    assert await spa.broken_promises() == []


async def test_a_chain_of_merges_is_undone_link_by_link(spa: World) -> None:
    await spa.record(purchase("T1"), purchase("T2", "M2", 20_000), purchase("T3", "M3", 40_000))
    await merge(spa, "M1", "M2")
    await merge(spa, "M2", "M3")
    assert await balances(spa, "M1", "M2", "M3") == [0, 0, 700]
    await refund(spa, "T1", 3_000)
    assert await balances(spa, "M1", "M2", "M3") == [0, 0, 670]
    await separate(spa, "M2", "M3")
    assert await balances(spa, "M1", "M2", "M3") == [0, 270, 400]
    await separate(spa, "M1", "M2")
    assert await balances(spa, "M1", "M2", "M3") == [70, 200, 400]
    assert await spa.broken_promises() == []


async def test_what_comes_late_to_a_chain_of_merges_is_undone_link_by_link(spa: World) -> None:
    await merge(spa, "M1", "M2")
    await merge(spa, "M2", "M3")
    await spa.record_one(purchase())
    tidy(spa)
    assert await balances(spa, "M1", "M2", "M3") == [0, 0, 100]
    await separate(spa, "M2", "M3")
    assert await balances(spa, "M1", "M2", "M3") == [0, 100, 0]
    await separate(spa, "M1", "M2")
    assert await balances(spa, "M1", "M2", "M3") == [100, 0, 0]
    assert await spa.broken_promises() == []


async def test_a_payment_captured_at_the_end_of_a_chain_comes_back_to_who_made_it(spa: World) -> None:
    await brought(spa, opening("O1", 400, JUNE))
    await held(spa, 200)
    await merge(spa, "M1", "M2")
    await merge(spa, "M2", "M3")
    await capture(spa, "R1")
    assert await balances(spa, "M1", "M2", "M3") == [0, 0, 200]
    await separate(spa, "M2", "M3")
    await separate(spa, "M1", "M2")
    assert await balances(spa, "M1", "M2", "M3") == [200, 0, 0]
    await give_back(spa)
    assert await balances(spa, "M1", "M2", "M3") == [400, 0, 0]
    assert await spa.broken_promises() == []


async def test_merge_separation_and_merge_in_one_page_end_as_one_by_one(spa: World) -> None:
    await spa.record(purchase("T1"), purchase("T2", "M2", 20_000))
    tier = spa.tier
    for reason, told, other in ((AWAY, IN, "M2"), (UNDONE, UNDONE, "M2"), (AWAY, IN, "M3")):
        levels = {"to_level": "crystal"} if reason == UNDONE else {"from_level": "crystal"}
        tier.move("M1", reason, other_member_id=other, **levels)
        tier.move(other, told, from_level="crystal", to_level="crystal", other_member_id="M1")
    await follow(spa)
    assert await balances(spa, "M1", "M2", "M3") == [0, 200, 100]
    assert await spa.broken_promises() == []


@pytest.mark.parametrize("undone_first", [True, False])
async def test_a_record_may_be_separated_and_given_up_anew_in_one_page(
    spa: World, undone_first: bool
) -> None:
    await spa.record(purchase("T1"), purchase("T2", "M2", 20_000))
    await merge(spa, "M1", "M2")
    first = len(spa.tier.moves) + 1
    undone = {"to_level": "crystal", "other_member_id": "M2", "sequence": first}
    given_up = {"from_level": "crystal", "other_member_id": "M3", "sequence": first + 1}
    if undone_first:
        spa.tier.move("M1", UNDONE, **undone)
    spa.tier.move("M1", AWAY, **given_up)
    await follow(spa)
    if not undone_first:
        spa.tier.move("M1", UNDONE, **undone)
        await follow(spa)
    assert await balances(spa, "M1", "M2", "M3") == [0, 200, 100]
    assert await spa.broken_promises() == []


async def test_a_record_may_be_separated_and_change_systems_in_one_page(spa: World) -> None:
    await spa.record(purchase("T1"), purchase("T2", "M2", 20_000))
    await merge(spa, "M1", "M2")
    spa.tier.move("M1", UNDONE, to_level="crystal", other_member_id="M2")
    spa.tier.move("M1", CHANGED, from_level="crystal")
    spa.tier.move("M1", CHANGED, to_level="bronze", tier_system="gentle")
    await follow(spa)
    assert await balances(spa) == [100, 200]
    await redeem(spa, points=100)
    assert await spa.broken_promises() == []


async def test_two_records_of_one_are_merged_with_each_other_before_their_separations_are_told(
    spa: World,
) -> None:
    await spa.record(purchase("T1"), purchase("T2", "M2", 20_000), purchase("T3", "M3", 40_000))
    await merge(spa, "M1", "M3")
    await merge(spa, "M2", "M3")
    tier, first = spa.tier, len(spa.tier.moves) + 1
    tier.move("M1", AWAY, from_level="crystal", other_member_id="M2", sequence=first + 2)
    await follow(spa)
    assert await balances(spa, "M1", "M2", "M3") == [0, 300, 400]
    for sequence, member_id in enumerate(("M1", "M2"), start=first):
        tier.move(member_id, UNDONE, to_level="crystal", other_member_id="M3", sequence=sequence)
    await follow(spa)
    assert await balances(spa, "M1", "M2", "M3") == [0, 300, 400]
    assert await spa.broken_promises() == []
