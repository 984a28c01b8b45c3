"""Balances at the edge of 64 bits: what could pass it is refused before anything is counted, whatever its size."""

import pytest
import sqlalchemy as sa

from carat.tier.v1 import errors_pb2 as tier_errors
from services.points.refusals import Reason
from services.points.store.accounts import read_accounts
from services.points.store.limits import read_room
from services.points.tables import ACCOUNT
from tests.points.world import World, purchase, reasons

LIMIT = 2**63 - 1
MOST = 10_000 * 100
"""RM100 of service are 100 points, and 100 x 100 times as many at the highest multipliers."""


@pytest.fixture
async def rich(world: World) -> World:
    """M1 has an account."""
    await world.record_one(purchase())
    return world


def set_account(world: World, **columns: int) -> None:
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).where(ACCOUNT.c.member_id == "M1").values(**columns))


def account(world: World) -> tuple[int, int]:
    """Balance and lifetime earnings of M1."""
    with world.database.engine.connect() as connection:
        [row] = connection.execute(
            sa.select(ACCOUNT.c.balance, ACCOUNT.c.lifetime_earned).where(ACCOUNT.c.member_id == "M1")
        )
    return row[0], row[1]


def room(world: World) -> int:
    """Points that M1 may get beside what is accepted."""

    def read(connection: sa.Connection) -> int:
        return int(read_room(connection, read_accounts(connection, ["M1"], lock=True))[0])

    return world.database.transact(read)


@pytest.mark.parametrize("column", ["balance", "lifetime_earned"])
async def test_a_small_purchase_is_granted_to_the_last_point_and_not_beyond(rich: World, column: str) -> None:
    set_account(rich, **{column: LIMIT - MOST + 1})
    before = account(rich)
    refused = await rich.record(purchase("T2"), purchase("X", "M2"))
    assert reasons(refused) == [Reason.POINTS_ABOVE_LIMIT, 0]
    assert (account(rich), "T2" in rich.tier.recorded) == (before, False)
    set_account(rich, **{column: LIMIT - MOST})
    assert reasons(await rich.record(purchase("T2"))) == [0]


async def test_the_last_point_can_be_earned(rich: World) -> None:
    rich.tier.birthday_multiplier_bp = 100 * 10_000
    set_account(rich, balance=LIMIT - MOST, lifetime_earned=LIMIT - MOST)
    assert (await rich.record_one(purchase("T2"))).points == MOST // 100
    assert account(rich) == (LIMIT - MOST + MOST // 100, LIMIT - MOST + MOST // 100)


async def test_treatments_and_packages_take_room_for_their_bonuses(rich: World) -> None:
    set_account(rich, balance=LIMIT - MOST)
    with_treatment, with_package = (
        purchase("T2", treatments=1),
        purchase("T3", service_minor=9_900, package_minor=100),
    )
    assert reasons(await rich.record(with_treatment, with_package)) == [Reason.POINTS_ABOVE_LIMIT] * 2
    set_account(rich, balance=LIMIT - MOST - 10**6)
    assert reasons(await rich.record(with_treatment)) == [0]


async def test_purchases_of_one_batch_share_the_room_in_their_order(rich: World) -> None:
    set_account(rich, balance=LIMIT - 2 * MOST)
    results = await rich.record(purchase("T2"), purchase("T3", service_minor=20_000), purchase("T4"))
    assert reasons(results) == [0, Reason.POINTS_ABOVE_LIMIT, 0]


async def test_who_owes_points_has_room(rich: World) -> None:
    set_account(rich, balance=-LIMIT, lifetime_earned=0)
    assert reasons(await rich.record(purchase("T2", service_minor=10**12))) == [0]
    assert account(rich) == (-LIMIT + 10**10, 10**10)


async def test_small_purchases_that_wait_for_tier_take_room_too(rich: World) -> None:
    await rich.tier.stop()
    set_account(rich, balance=LIMIT - 2 * MOST)
    assert reasons(await rich.record(purchase("T2"))) == [0]
    assert reasons(await rich.record(purchase("T3"))) == [0]
    assert reasons(await rich.record(purchase("T4", service_minor=1))) == [Reason.POINTS_ABOVE_LIMIT]
    await rich.tier_returns()
    await rich.redriver.run_once(0)
    assert account(rich)[0] == LIMIT - 2 * MOST + 200
    assert reasons(await rich.record(purchase("T4", service_minor=1))) == [0]


async def test_what_waits_takes_room_for_all_that_it_can_earn_until_it_is_refused(rich: World) -> None:
    set_account(rich, balance=0, lifetime_earned=LIMIT - 10**9)
    assert room(rich) == 10**9
    await rich.tier.stop()
    await rich.record(purchase("T2", package_minor=100, treatments=2), purchase("T3"), purchase("T4", "M2"))
    assert room(rich) == 10**9 - (MOST + 2 * 100 * 100 + 2 * 10**6) - MOST
    rich.tier.refusals["M1"] = tier_errors.TIER_REASON_MEMBER_ERASED
    await rich.tier_returns()
    await rich.redriver.run_once(0)
    assert room(rich) == 10**9
    rich.tier.refusals.clear()
    set_account(rich, lifetime_earned=LIMIT - MOST)
    assert reasons(await rich.record(purchase("T5"))) == [0]
