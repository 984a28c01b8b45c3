"""What a purchase would earn: told as recording it then answers, and without a trace."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest
import sqlalchemy as sa
from google.type import date_pb2

from carat.points.v1 import purchase_pb2
from carat.tier.v1 import errors_pb2 as tier_errors
from carat.tier.v1 import member_pb2
from services.points.refusals import Reason
from services.points.tables import ACCOUNT, METADATA
from services.runtime.database import Database
from services.tier.tables import METADATA as TIER_TABLES
from tests.points.test_bonuses import bring, with_bonuses
from tests.points.world import NOW, World, purchase, reason_of
from tests.tier.policies import AUTOMATIC, GAME, SPA, SPA_LEVELS
from tests.tier.world import TierWorld


def everything_in(database: Database, tables: sa.MetaData = METADATA) -> list[list[str]]:
    """All rows of all tables."""
    with database.engine.connect() as connection:
        return [
            sorted(str(row) for row in connection.execute(sa.select(table))) for table in tables.sorted_tables
        ]


@pytest.fixture
async def spa(bare_world: World) -> World:
    await bare_world.apply(with_bonuses())
    return bare_world


async def test_a_quote_is_the_receipt_that_recording_gives_and_leaves_no_trace(spa: World) -> None:
    spa.tier.levels["M1"] = "diamond"
    await bring(spa)
    before, wanted = everything_in(spa.database), purchase(package_minor=5_000, treatments=3)
    quoted = await spa.quote(wanted)
    assert (quoted.points, quoted.treatment_bonus, quoted.referral_bonus) == (1_650, 1_500, 800)
    assert everything_in(spa.database) == before
    assert "T1" not in spa.tier.recorded
    assert await spa.record_one(wanted) == quoted


async def test_id_and_instant_may_be_left_out(world: World) -> None:
    wanted = purchase(service_minor=300_000)
    wanted.ClearField("transaction_id")
    wanted.ClearField("occurred_at")
    quoted = await world.quote(wanted)
    assert (quoted.points, quoted.level_after, quoted.move_reason) == (3_000, "sapphire", "THRESHOLD_REACHED")
    assert not quoted.replayed


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (purchase("T 1"), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
        (purchase(member_id=""), Reason.MEMBER_ID_MUST_BE_PRINTABLE),
        (purchase(currency="USD"), Reason.CURRENCY_MUST_BE_THE_PROGRAMS),
        (purchase(service_minor=-1), Reason.AMOUNT_MUST_NOT_BE_NEGATIVE),
        (purchase(service_minor=0), Reason.AMOUNT_MUST_BE_POSITIVE),
        (purchase(service_minor=10**12 + 1), Reason.AMOUNT_ABOVE_LIMIT),
        (purchase(treatments=1_001), Reason.TREATMENTS_OUT_OF_RANGE),
        (purchase(occurred_at=NOW + timedelta(days=1)), Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE),
        (purchase("TAKEN", service_minor=1), Reason.TRANSACTION_ID_REUSED),
    ],
)
async def test_what_recording_would_refuse_the_quote_refuses(
    world: World, wrong: purchase_pb2.Purchase, reason: Reason
) -> None:
    await world.record_one(purchase("TAKEN", "M2"))
    before = everything_in(world.database)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.quote(wrong)
    assert reason_of(refused.value) == reason.name
    assert everything_in(world.database) == before


async def test_what_tier_would_refuse_the_quote_refuses(world: World) -> None:
    world.tier.refusals["M1"] = tier_errors.TIER_REASON_MEMBER_ERASED
    before = everything_in(world.database)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.quote(purchase())
    assert reason_of(refused.value) == "MEMBER_ERASED"
    assert everything_in(world.database) == before


async def test_before_any_policy_nothing_is_quoted(bare_world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bare_world.quote(purchase())
    assert reason_of(refused.value) == "POLICY_REQUIRED"


async def test_above_the_limit_nothing_is_quoted(world: World) -> None:
    await world.record_one(purchase())
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).values(lifetime_earned=2**63 - 1))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.quote(purchase("T2"))
    assert reason_of(refused.value) == "POINTS_ABOVE_LIMIT"


async def test_a_purchase_that_was_posted_is_told_as_it_was(world: World) -> None:
    first = await world.record_one(purchase())
    again = await world.quote(purchase())
    assert again.replayed
    again.replayed = False
    assert again == first


async def test_while_tier_is_away_there_is_no_quote_and_nothing_pends(world: World) -> None:
    await world.tier.stop()
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await world.quote(purchase())
    assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
    assert await world.pending() == (0, 0)


async def test_a_tier_that_answers_and_fails_is_not_told_as_one_that_is_away(world: World) -> None:
    world.tier.failure = grpc.StatusCode.INTERNAL
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await world.quote(purchase())
    assert failed.value.code() == grpc.StatusCode.INTERNAL


async def test_behind_what_waits_the_quote_is_pending_as_recording_is(world: World) -> None:
    await world.tier.stop()
    await world.record_one(purchase())
    await world.tier_returns()
    quoted = await world.quote(purchase("T2"))
    assert quoted == await world.record_one(purchase("T2"))
    assert quoted.state == purchase_pb2.PURCHASE_STATE_PENDING


def lives() -> Sequence[purchase_pb2.Purchase]:
    """Purchases on both sides of promotions, of birthdays and of packages; those of a member in their order."""
    bought: list[tuple[int, int, dict[str, Any]]] = [
        (10_010, 0, {}),
        (299_999, 5_003, {"treatments": 3, "property_id": "app"}),
        (1, 999_999, {"treatments": 14}),
        (1_000_000, 77, {"treatments": 1}),
        (333, 333, {"treatments": 25, "occurred_at": NOW - timedelta(minutes=1)}),
    ]
    return [
        purchase(f"{member}-{number}", member, service_minor=service, package_minor=package, **given)
        for member in ("NEW", "JULY")
        for number, (service, package, given) in enumerate(bought)
    ]


async def test_every_quote_of_a_life_is_what_the_real_tier_then_records(
    world_with_tier: World, tier_world: TierWorld
) -> None:
    world, levels = world_with_tier, enumerate(SPA_LEVELS)
    generous = tuple(
        replace(level, birthday_multiplier_bp=30_000, package_bonus_bp=1_000 * rank) for rank, level in levels
    )
    tier_world.apply(replace(AUTOMATIC, systems=(replace(SPA, levels=generous), GAME)))
    born = date_pb2.Date(year=1990, month=7, day=15)
    tier_world.enrol(member_pb2.Member(member_id="JULY", birthday=born))
    seen = set()
    for bought in lives():
        before = everything_in(world.database), everything_in(tier_world.database, TIER_TABLES)
        quoted = await world.quote(bought)
        assert (everything_in(world.database), everything_in(tier_world.database, TIER_TABLES)) == before
        assert quoted == await world.record_one(bought)
        assert not quoted.replayed
        seen.add((quoted.level, quoted.level_after, quoted.birthday_multiplier_bp))
    assert ("sapphire", "platinum", 30_000) in seen
    assert ("platinum", "platinum", 10_000) in seen
