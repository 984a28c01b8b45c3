"""What purchases earn beside multipliers, and that receipts tell how every point came about."""

from typing import Any

import pytest
import sqlalchemy as sa

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import policy_pb2, purchase_pb2
from carat.tier.v1 import move_pb2
from services.kernel.calendar import day_date
from services.points.servicer.messages import purchases_of
from services.points.store.referrals import record_referral
from services.points.tables import ENTRY
from tests.points.world import ONE_POINT_PER_RINGGIT, World, purchase

LUXESPA = [
    policy_pb2.LevelBonuses(tier_system="luxespa", level="crystal", referral_points=500),
    policy_pb2.LevelBonuses(
        tier_system="luxespa", level="sapphire", treatment_every=5, treatment_points=100, referral_points=800
    ),
    policy_pb2.LevelBonuses(
        tier_system="luxespa", level="diamond", treatment_every=1, treatment_points=500, referral_points=3_000
    ),
    policy_pb2.LevelBonuses(
        tier_system="gentle", level="crystal", treatment_every=1, treatment_points=1_000_000
    ),
]


def with_bonuses(**changed: Any) -> policy_pb2.PointsPolicy:
    """One point for each ringgit, and LuxeSpa's bonuses."""
    policy = policy_pb2.PointsPolicy(bonuses=LUXESPA)
    policy.MergeFrom(ONE_POINT_PER_RINGGIT)
    policy.MergeFrom(policy_pb2.PointsPolicy(**changed))
    return policy


@pytest.fixture
async def spa(bare_world: World) -> World:
    await bare_world.apply(with_bonuses())
    return bare_world


async def receipt_in_the_ledger(world: World, member_id: str = "M1") -> purchase_pb2.Receipt:
    """That of the member's newest entry."""
    request = pb.ListEntriesRequest(member_id=member_id, page_size=1)
    [entry] = (await world.points.ListEntries(request)).entries
    return entry.receipt


async def bring(world: World, friend_id: str = "M1", level: str = "sapphire") -> None:
    """A friend was brought by R, who holds a level."""

    await world.record_one(purchase("R1", "R"))
    world.tier.move("R", move_pb2.MOVE_REASON_ENROLLED, to_level=level)
    await world.follower.step()
    world.database.transact(lambda connection: record_referral(connection, friend_id, "R", day_date(20_000)))


async def test_every_fifth_treatment_of_a_sapphire_life_gives_a_hundred_points(spa: World) -> None:
    spa.tier.levels["M1"] = "sapphire"
    earned = [(await spa.record_one(purchase(f"T{n}", treatments=1))).points for n in range(1, 11)]
    assert earned == [100, 100, 100, 100, 200] * 2
    assert await spa.balance() == 1_200
    assert await spa.broken_promises() == []


async def test_a_purchase_of_several_treatments_may_hold_several_bonuses(spa: World) -> None:
    spa.tier.levels["M1"] = "sapphire"
    await spa.record_one(purchase("T1", treatments=4))
    receipt = await spa.record_one(purchase("T2", treatments=11))
    assert (receipt.multiplied_points, receipt.treatment_bonus, receipt.points) == (100, 300, 400)
    assert receipt.treatment_ordinal == 15


async def test_the_level_that_prices_the_purchase_decides_the_bonus(spa: World) -> None:
    spa.tier.levels["D"] = "diamond"
    [diamond, crystal] = await spa.record(
        purchase("T1", "D", treatments=2), purchase("T2", "C", 300_000, treatments=5)
    )
    assert (diamond.receipt.treatment_bonus, crystal.receipt.treatment_bonus) == (1_000, 0)
    assert crystal.receipt.level_after == "sapphire"


async def test_a_purchase_without_treatments_has_no_bonus(spa: World) -> None:
    spa.tier.levels["M1"] = "diamond"
    receipt = await spa.record_one(purchase())
    assert (receipt.treatment_bonus, receipt.treatment_ordinal, receipt.points) == (0, 0, 100)


async def test_the_terms_of_the_bonus_are_those_of_the_revision_accepted_with(spa: World) -> None:
    spa.tier.levels["M1"] = "diamond"
    await spa.tier.stop()
    await spa.record_one(purchase(treatments=1))
    await spa.apply(ONE_POINT_PER_RINGGIT)
    await spa.tier_returns()
    receipt = await spa.record_one(purchase(treatments=1))
    assert (receipt.treatment_bonus, receipt.points_revision) == (500, 1)
    assert (await spa.record_one(purchase("T2", treatments=1))).treatment_bonus == 0


async def test_the_ledger_keeps_the_terms_of_the_bonus(spa: World) -> None:
    spa.tier.levels["M1"] = "sapphire"
    await spa.record_one(purchase(treatments=7))
    columns = (
        ENTRY.c.treatment_every,
        ENTRY.c.treatment_points,
        ENTRY.c.treatment_bonus,
        ENTRY.c.tier_system,
    )
    with spa.database.engine.connect() as connection:
        assert connection.execute(sa.select(*columns)).one() == (5, 100, 100, "luxespa")


async def test_the_receipt_tells_how_every_point_came_about_and_so_do_replay_and_ledger(spa: World) -> None:
    spa.tier.levels["M1"] = "sapphire"
    spa.tier.birthday_multiplier_bp, spa.tier.package_bonus_bp = 30_000, 1_000
    await bring(spa)
    receipt = await spa.record_one(purchase(package_minor=5_000, treatments=5))
    assert receipt == purchase_pb2.Receipt(
        state=purchase_pb2.PURCHASE_STATE_POSTED,
        points=565,
        base_micropoints=150_000_000,
        package_micropoints=50_000_000,
        level_multiplier_bp=10_000,
        birthday_multiplier_bp=30_000,
        property_multiplier_bp=10_000,
        package_bonus_bp=1_000,
        multiplied_points=465,
        treatment_bonus=100,
        referral_bonus=800,
        tier_system="luxespa",
        level="sapphire",
        treatment_ordinal=5,
        level_after="sapphire",
        tier_revision=7,
        points_revision=1,
    )
    assert await receipt_in_the_ledger(spa) == receipt
    again = await spa.record_one(purchase(package_minor=5_000, treatments=5))
    assert again.replayed
    again.replayed = False
    assert again == receipt


async def test_a_pending_purchase_tells_what_packages_gave(spa: World) -> None:
    await spa.tier.stop()
    receipt = await spa.record_one(purchase(package_minor=5_000))
    assert (receipt.base_micropoints, receipt.package_micropoints) == (150_000_000, 50_000_000)


async def test_whoever_brought_the_member_gets_the_bonus_with_the_first_treatment_and_once(
    spa: World,
) -> None:
    await bring(spa)
    bought = await spa.record(
        purchase("T1"), purchase("T2", treatments=1), purchase("T3", treatments=1), purchase("X", "M2")
    )
    assert [result.receipt.referral_bonus for result in bought] == [0, 800, 0, 0]
    assert (await spa.record_one(purchase("T4", treatments=1))).referral_bonus == 0
    assert (await spa.record_one(purchase("T2", treatments=1))).referral_bonus == 800
    assert (await spa.balance("R"), await spa.balance("M1")) == (900, 400)
    assert await spa.broken_promises() == []


async def test_the_redriver_pays_who_brought_the_member_too(spa: World) -> None:
    await bring(spa, level="crystal")
    await spa.tier.stop()
    await spa.record_one(purchase(treatments=1))
    await spa.tier_returns()
    await spa.redriver.run_once(0)
    assert (await spa.record_one(purchase(treatments=1))).referral_bonus == 500
    assert await spa.balance("R") == 600


async def test_posting_twice_pays_once(spa: World) -> None:
    await bring(spa)
    accepted = spa.recorder.accept(purchases_of([purchase(treatments=1)]))
    priced = await spa.pricing.price(accepted.pending)
    both = [spa.recorder.settle(accepted.pending, priced).referral_bonus.tolist() for _ in range(2)]
    assert both == [[800], [800]]
    assert await spa.balance("R") == 900
