"""Purchases taken back: points, bonuses, once for ever by the id of the refund."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from carat.points.v1 import points_service_pb2, policy_pb2, purchase_pb2, referral_pb2
from carat.tier.v1 import errors_pb2 as tier_errors
from services.points.ledger_columns import EntryKind
from services.points.refusals import Reason
from services.points.tables import ACCOUNT, ENTRY, REVERSAL
from tests.points.following import rises, with_bonuses
from tests.points.refunding import refund, reverse, reverse_one
from tests.points.world import NOW, ONE_POINT_PER_RINGGIT, World, purchase

POSTED = purchase_pb2.PURCHASE_STATE_POSTED


def every_fifth_treatment() -> policy_pb2.PointsPolicy:
    """One point a ringgit, and 100 more for every fifth treatment of a Crystal member."""
    policy = policy_pb2.PointsPolicy()
    policy.CopyFrom(ONE_POINT_PER_RINGGIT)
    policy.bonuses.add(tier_system="luxespa", level="crystal", treatment_every=5, treatment_points=100)
    return policy


async def test_a_refunded_purchase_gives_its_points_back(world: World) -> None:
    await world.record(purchase(), purchase("T2"))
    receipt = await reverse_one(world, refund())
    assert (receipt.state, receipt.points, receipt.multiplied_points) == (POSTED, 100, 100)
    assert (receipt.amounts.service_minor, receipt.transaction_id) == (10_000, "T1")
    balance = await world.points.GetBalance(points_service_pb2.GetBalanceRequest(member_id="M1"))
    assert (balance.balance, balance.lifetime_earned) == (100, 100)
    assert await world.broken_promises() == []


async def test_the_entry_counts_on_the_day_of_the_refund_and_takes_from_the_day_of_the_purchase(
    world: World,
) -> None:
    await world.record(purchase(occurred_at=NOW - timedelta(days=3)))
    await reverse_one(world, refund(occurred_at=NOW - timedelta(days=1)))
    with world.database.engine.connect() as connection:
        entry = connection.execute(sa.select(ENTRY).where(ENTRY.c.transaction_id == "R-T1")).one()
    assert (entry.kind, entry.points, entry.related_id) == (EntryKind.PURCHASE_REVERSAL, -100, "T1")
    assert (NOW.date() - entry.occurred_on, NOW.date() - entry.lot_on) == (
        timedelta(days=1),
        timedelta(days=3),
    )


async def test_what_was_spent_is_owed_and_later_earning_repays_it(world: World) -> None:
    await world.record(purchase())
    with world.database.engine.begin() as connection:
        spent = {"transaction_id": "S1", "payload_hash": b"", "shard": 0, "member_id": "M1", "points": -80}
        shard = connection.scalar(sa.select(ACCOUNT.c.shard))
        connection.execute(
            sa.insert(ENTRY).values(
                **spent | {"shard": shard},
                entry_id=99,
                kind=EntryKind.REDEMPTION,
                occurred_on=NOW.date(),
                points_revision=1,
            )
        )
        connection.execute(sa.update(ACCOUNT).values(balance=20))
    await reverse_one(world, refund())
    assert await world.balance() == -80
    await world.record(purchase("T2", service_minor=10_000))
    assert await world.balance() == 20


async def test_partial_refunds_add_up_to_the_whole_and_no_further(world: World) -> None:
    await world.record(purchase(service_minor=9_990))
    parts = [refund("T1", f"R{n}", service_minor=3_330) for n in range(4)]
    *granted, exceeding = await reverse(world, *parts)
    assert [result.receipt.points for result in granted] == [33, 33, 33]
    assert exceeding.reason == Reason.REVERSAL_ABOVE_ORIGINAL
    assert await world.balance() == 0


async def test_everything_after_a_part_is_what_is_left(world: World) -> None:
    await world.record(purchase(service_minor=10_000, product_minor=4_000, treatments=2))
    await reverse_one(world, refund("T1", "R1", service_minor=2_500, treatments=1))
    receipt = await reverse_one(world, refund("T1", "R2"))
    assert (receipt.amounts.service_minor, receipt.amounts.product_minor, receipt.treatments) == (
        7_500,
        4_000,
        1,
    )
    assert await world.balance() == 0


async def test_each_kind_of_amount_is_taken_back_at_the_rate_of_its_purchase(world: World) -> None:
    await world.record(purchase(service_minor=10_000, product_minor=4_000))
    doubled = policy_pb2.PointsPolicy()
    doubled.CopyFrom(ONE_POINT_PER_RINGGIT)
    doubled.rates.product_bp = 10_000
    await world.apply(doubled)
    receipt = await reverse_one(world, refund("T1", "R1", product_minor=4_000))
    assert receipt.points == 20
    assert len(world.tier.reversed) == 1
    assert await world.balance() == 100


async def test_what_never_counted_in_tier_is_taken_back_without_asking_it(world: World) -> None:
    free = policy_pb2.PointsPolicy()
    free.CopyFrom(ONE_POINT_PER_RINGGIT)
    free.rates.product_bp = 0
    await world.apply(free)
    await world.record(purchase(service_minor=1_000, product_minor=4_000))
    receipt = await reverse_one(world, refund("T1", "R1", product_minor=4_000))
    assert (receipt.state, receipt.points) == (POSTED, 0)
    assert world.tier.reversed == {}
    assert (await reverse_one(world, refund("T1", "R2"))).points == 10


async def test_the_bonus_of_a_treatment_goes_with_that_treatment_the_last_ones_first(world: World) -> None:
    await world.apply(every_fifth_treatment())
    await world.record(purchase("T1", treatments=3), purchase("T2", treatments=3))
    assert await world.balance() == 300
    # T2 holds the treatments 4, 5 and 6: the fifth is the second to go.
    bonuses = [
        (await reverse_one(world, refund("T2", f"R{n}", treatments=1))).treatment_bonus for n in range(3)
    ]
    assert bonuses == [0, 100, 0]
    assert await world.balance() == 200


async def test_everything_takes_all_bonuses_along(world: World) -> None:
    await world.apply(every_fifth_treatment())
    await world.record(purchase(treatments=11))
    receipt = await reverse_one(world, refund())
    assert (receipt.points, receipt.multiplied_points, receipt.treatment_bonus) == (300, 100, 200)
    assert await world.balance() == 0


async def test_buying_and_giving_back_in_turn_mints_nothing(world: World) -> None:
    await world.apply(every_fifth_treatment())
    for turn in range(12):
        await world.record_one(purchase(f"T{turn}", treatments=1))
        await reverse_one(world, refund(f"T{turn}"))
    balance = await world.points.GetBalance(points_service_pb2.GetBalanceRequest(member_id="M1"))
    assert (balance.balance, balance.lifetime_earned) == (0, 0)
    assert await world.broken_promises() == []


async def test_a_repeated_refund_gets_the_first_answer(world: World) -> None:
    await world.record(purchase())
    first = await reverse_one(world, refund("T1", "R1", service_minor=4_000))
    again = await reverse_one(world, refund("T1", "R1", service_minor=4_000, currency="MYR"))
    assert again.replayed
    again.replayed = False
    assert again == first
    assert await world.balance() == 60


async def test_twenty_refunds_at_once_take_no_more_than_was_bought(world: World) -> None:
    await world.record(purchase(service_minor=10_000))
    refunds = [refund("T1", f"R{n}", service_minor=1_500) for n in range(20)]
    results = [result for [result] in await asyncio.gather(*(reverse(world, each) for each in refunds))]
    assert sorted(result.reason for result in results) == [0] * 6 + [Reason.REVERSAL_ABOVE_ORIGINAL] * 14
    assert await world.balance() == 10
    assert await world.broken_promises() == []


async def test_one_refund_from_twenty_callers_is_one(world: World) -> None:
    await world.record(purchase())
    receipts = await asyncio.gather(*(reverse_one(world, refund()) for _ in range(20)))
    assert {(receipt.state, receipt.points) for receipt in receipts} == {(POSTED, 100)}
    assert await world.balance() == 0


async def test_a_bad_refund_does_not_fail_its_neighbours(world: World) -> None:
    await world.record(purchase())
    unknown, granted = await reverse(world, refund("nobody-bought"), refund("T1"))
    assert (unknown.reason, granted.reason, granted.receipt.points) == (Reason.PURCHASE_UNKNOWN, 0, 100)


@pytest.mark.parametrize("everything", [True, False])
async def test_what_tier_refuses_is_told_and_leaves_nothing_behind(world: World, everything: bool) -> None:
    await world.record(purchase())
    world.tier.refusals["T1"] = tier_errors.TIER_REASON_DATE_MUST_NOT_BE_IN_FUTURE
    asked = refund() if everything else refund(service_minor=10_000)
    [result] = await reverse(world, asked)
    assert result.reason == Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE
    with world.database.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(REVERSAL)) == 0
    world.tier.refusals.clear()
    assert (await reverse_one(world, asked)).points == 100


async def test_the_bonus_of_whoever_brought_the_member_goes_with_the_last_treatment_of_the_purchase(
    world: World,
) -> None:
    await world.apply(with_bonuses())
    await rises(world, "M1", "sapphire")
    await world.points.RecordReferral(referral_pb2.RecordReferralRequest(friend_id="M2", referrer_id="M1"))
    await world.record(purchase("T2", "M2", treatments=2))
    assert await world.balance("M1") == 800
    assert (await reverse_one(world, refund("T2", "R1", treatments=1))).referral_bonus == 0
    receipt = await reverse_one(world, refund("T2", "R2", treatments=1))
    assert (receipt.points, receipt.referral_bonus) == (0, 800)
    assert await world.balance("M1") == 0
    again = await reverse_one(world, refund("T2", "R2", treatments=1))
    assert (again.referral_bonus, again.replayed) == (800, True)
    assert await world.broken_promises() == []


async def test_what_is_overdue_expires_before_a_refund_takes_anything(world: World) -> None:
    policy = every_fifth_treatment()
    policy.expiry.CopyFrom(policy_pb2.Expiry(mode="EXPIRY_MODE_AFTER_EARNING", months=1))
    await world.apply(policy)
    await world.record(purchase("T1", occurred_at=NOW - timedelta(days=20)), purchase("T2"))
    world.move_clock(timedelta(days=15))
    await reverse_one(world, refund("T1"))
    with world.database.engine.connect() as connection:
        kinds = connection.execute(sa.select(ENTRY.c.kind, ENTRY.c.points).order_by(ENTRY.c.entry_id)).all()
    assert kinds[2:] == [(EntryKind.EXPIRATION, -100), (EntryKind.PURCHASE_REVERSAL, -100)]
    assert await world.balance() == 0
    assert await world.broken_promises() == []
