"""Points change hands when two records of one member are joined (DECISIONS, Meanings 35)."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from carat.points.v1 import entry_pb2
from services.points.recording.merging import Occasion, pass_on
from services.points.refusals import Reason
from services.points.rules.limits import POINTS_LIMIT
from services.points.tables import ACCOUNT, POOL_MEMBER
from services.runtime.database import Connection
from tests.points.acts import (
    adjusted,
    ages,
    brought,
    entries,
    founded,
    held,
    marked,
    opening,
    refused,
)
from tests.points.following import follow, merge, separate, tidy, with_bonuses
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
from tests.points.redeeming import HUNDREDS, redeem
from tests.points.world import World, purchase


@pytest.fixture
async def spa(bare_world: World) -> World:
    return await crystal_members(bare_world)


async def test_what_is_left_moves_with_its_age(spa: World) -> None:
    await brought(spa, opening("O1", 300, MARCH), opening("O2", 200, JUNE), opening("O3", 50, MAY, "M2"))
    await redeem(spa, points=100)
    await merge(spa, "M1", "M2")
    assert await balances(spa) == [0, 450]
    moved = (await entries(spa, "M2"))[1:]
    assert {each.kind for each in moved} == {entry_pb2.ENTRY_KIND_MERGE_IN}
    assert ages(moved) == [("2026-03-01", 200), ("2026-06-01", 200)]
    assert [(each.transaction_id, each.related_id) for each in moved] == [
        ("merge-in 4 1 M1", "M1"), ("merge-in 4 2 M1", "M1"),
    ]  # fmt: skip
    gone = (await entries(spa))[3:]
    assert {each.kind for each in gone} == {entry_pb2.ENTRY_KIND_MERGE_OUT}
    assert ages(gone) == [("2026-03-01", -200), ("2026-06-01", -200)]
    assert {each.related_id for each in gone} == {"M2"}
    assert await spa.broken_promises() == []


async def test_what_had_expired_does_not_move(spa: World) -> None:
    await brought(spa, opening("O1", 300, date(2025, 7, 15)), opening("O2", 200, JUNE))
    await merge(spa, "M1", "M2")
    assert await balances(spa) == [0, 200]
    assert [each.points for each in await entries(spa) if each.kind == entry_pb2.ENTRY_KIND_EXPIRATION] == [
        -300
    ]


async def test_debts_go_along(spa: World) -> None:
    await spa.record_one(purchase())
    await adjusted(spa, -100)
    await refund(spa, "T1")
    await brought(spa, opening("O1", 70, JUNE, "M2"))
    await merge(spa, "M1", "M2")
    assert await balances(spa) == [0, -30]
    assert await spa.broken_promises() == []


async def test_a_record_with_nothing_leaves_a_trace_of_the_merge(spa: World) -> None:
    await merge(spa, "M1", "M2")
    assert [(each.transaction_id, each.points) for each in await entries(spa)] == [("merge-out 4 1 M1", 0)]


async def test_holds_are_charged_to_the_other_record(spa: World) -> None:
    await brought(spa, opening("O1", 300, JUNE), opening("O2", 50, MAY, "M2"))
    await held(spa, 200)
    await merge(spa, "M1", "M2")
    answer = await balance_of(spa, "M2")
    assert (answer.balance, answer.held, answer.available) == (350, 200, 150)
    assert (await capture(spa, "R1")).captured_points == 200
    assert await balances(spa) == [0, 150]
    assert await spa.broken_promises() == []


async def test_held_points_that_are_overdue_move_and_wait_there_for_the_end_of_their_hold(spa: World) -> None:
    await brought(spa, opening("O1", 300, date(2025, 7, 16)))
    await held(spa, 200)
    spa.move_clock(timedelta(days=0, minutes=10))
    late = {"effective_on": {"year": 2026, "month": 7, "day": 16}}
    await merge(spa, "M1", "M2", **late)
    assert await balances(spa) == [0, 200]
    assert (await capture(spa, "R1")).captured_points == 200
    assert await balances(spa) == [0, 0]


async def test_holding_days_do_not_end_by_a_merge(spa: World) -> None:
    await spa.apply(with_bonuses(redeeming=HUNDREDS, holding_days=14))
    await spa.record_one(purchase())
    await merge(spa, "M1", "M2")
    answer = await balance_of(spa, "M2")
    assert (answer.balance, answer.maturing, answer.available) == (100, 100, 0)


async def test_no_act_is_taken_for_a_record_given_up(spa: World) -> None:
    await merge(spa, "M1", "M2")
    await refused(spa, adjusted(spa, 5), Reason.MEMBER_MERGED)


async def test_a_refund_after_the_merge_is_charged_to_the_other_record(spa: World) -> None:
    await spa.record_one(purchase())
    await merge(spa, "M1", "M2")
    await refund(spa, "T1", 4_000)
    assert await balances(spa) == [0, 60]
    assert await spa.broken_promises() == []


async def test_a_purchase_posted_after_the_merge_is_passed_on(spa: World) -> None:
    await brought(spa, opening("O1", 10, JUNE))
    await merge(spa, "M1", "M2")
    await spa.record_one(purchase())
    assert await balances(spa) == [100, 10]
    tidy(spa)
    tidy(spa)
    assert await balances(spa) == [0, 110]
    assert [each.transaction_id for each in await entries(spa, "M2")] == [
        "merge-in 4 1 M1",
        "merge-in 4 2 M1",
    ]
    await separate(spa, "M1", "M2")
    assert await balances(spa) == [110, 0]
    assert await spa.broken_promises() == []


async def test_points_that_cannot_be_passed_on_do_not_hold_up_those_of_others(
    spa: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await merge(spa, "M1", "M2")
    await merge(spa, "M3", "M2")
    await spa.record(purchase("T1"), purchase("T3", "M3", 20_000))

    def fails_on_the_first(connection: Connection, occasion: Occasion, member_id: str) -> None:
        if member_id == "M1":
            raise ValueError("told to fail")
        pass_on(connection, occasion, member_id)

    monkeypatch.setattr("services.points.tidying.pass_on", fails_on_the_first)
    tidy(spa)
    assert await balances(spa, "M1", "M2", "M3") == [100, 200, 0]
    monkeypatch.undo()
    tidy(spa)
    assert await balances(spa, "M1", "M2", "M3") == [0, 300, 0]


async def test_a_payment_given_back_to_a_record_given_up_reaches_the_other(spa: World) -> None:
    await brought(spa, opening("O1", 300, MARCH))
    await redeem(spa, points=100)
    await merge(spa, "M1", "M2")
    await give_back(spa)
    tidy(spa)
    assert await balances(spa) == [0, 300]
    assert (await balance_of(spa, "M2")).available == 300
    await separate(spa, "M1", "M2")
    assert await balances(spa) == [300, 0]
    assert await spa.broken_promises() == []


async def test_the_place_in_a_pool_goes_along(spa: World) -> None:
    await founded(spa, "P1", "M1", "M3")
    await merge(spa, "M1", "M2")
    with spa.database.engine.connect() as connection:
        assert set(connection.scalars(sa.select(POOL_MEMBER.c.member_id))) == {"M2", "M3"}


@pytest.mark.parametrize("pools", [("P1", "P1"), ("P1", "P2")])
async def test_who_is_in_a_pool_already_keeps_that_place(spa: World, pools: tuple[str, str]) -> None:
    members = {
        pool_id: [each for each, of in zip(("M1", "M2"), pools, strict=True) if of == pool_id]
        for pool_id in pools
    }
    for pool_id, names in members.items():
        await founded(spa, pool_id, *names)
    await merge(spa, "M1", "M2")
    with spa.database.engine.connect() as connection:
        rows = connection.execute(sa.select(POOL_MEMBER.c.member_id, POOL_MEMBER.c.pool_id))
        assert [tuple(row) for row in rows] == [("M2", pools[1])]


async def test_what_the_other_has_no_room_for_stays_until_there_is(spa: World) -> None:
    await brought(spa, opening("O1", 300, MARCH), opening("O2", 200, JUNE))
    marked(spa, "M2", balance=POINTS_LIMIT - 400)
    await merge(spa, "M1", "M2")
    assert await balances(spa) == [100, POINTS_LIMIT]
    assert ages(await entries(spa))[2:] == [("2026-03-01", -300), ("2026-06-01", -100)]
    tidy(spa)
    assert await balances(spa) == [100, POINTS_LIMIT]
    marked(spa, "M2", balance=POINTS_LIMIT - 100)
    tidy(spa)
    assert await balances(spa) == [0, POINTS_LIMIT]


async def test_a_merge_whose_records_are_told_of_in_another_page_is_followed(spa: World) -> None:
    await spa.record_one(purchase())
    spa.tier.move("M1", 23, from_level="crystal", other_member_id="M2")  # type: ignore[arg-type]
    await follow(spa)
    assert await balances(spa) == [0, 100]
    spa.tier.move("M2", 24, from_level="crystal", to_level="crystal", other_member_id="M1")  # type: ignore[arg-type]
    await follow(spa)
    assert await balances(spa) == [0, 100]
    with spa.database.engine.connect() as connection:
        merged = sa.select(ACCOUNT.c.merged_into).where(ACCOUNT.c.member_id == "M1")
        assert connection.scalar(merged) == "M2"
