"""Points that run out by inactivity: a late purchase does not save them, whoever comes first."""

from datetime import timedelta

import pytest

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import policy_pb2, purchase_pb2
from services.kernel.calendar import day_number
from services.points.recording.holdings import locked_holdings
from services.points.store.policies import PolicyBook
from tests.points.following import merge
from tests.points.world import NOW, ONE_POINT_PER_RINGGIT, World, purchase

LAST_YEAR = NOW - timedelta(days=400)


def aged(transaction_id: str, days: int, member_id: str = "M1") -> purchase_pb2.Purchase:
    """RM100 of service so many days ago."""
    return purchase(transaction_id, member_id, occurred_at=NOW - timedelta(days=days))


def run_the_job(world: World, member_id: str = "M1", days_later: int = 0) -> None:
    """Expires what is due by today or a later day, as the nightly job does."""

    def expired(connection: object) -> None:
        policy = PolicyBook().current(connection)  # type: ignore[arg-type]
        assert policy is not None
        locked_holdings(connection, policy, [member_id], day_number(NOW.date()) + days_later, NOW)  # type: ignore[arg-type]

    world.database.transact(expired)


async def ledger_of(world: World, member_id: str = "M1") -> list[tuple[int, str, int]]:
    """Kind, day and points of all entries, by day."""
    entries = (await world.points.ListEntries(pb.ListEntriesRequest(member_id=member_id))).entries
    return sorted(
        (
            entry.kind,
            f"{entry.occurred_on.year}-{entry.occurred_on.month:02}-{entry.occurred_on.day:02}",
            entry.points,
        )
        for entry in entries
    )


@pytest.fixture
async def forgetful(bare_world: World) -> World:
    """Points run out six months after the last purchase."""
    policy = policy_pb2.PointsPolicy(
        expiry=policy_pb2.Expiry(mode=policy_pb2.EXPIRY_MODE_AFTER_INACTIVITY, months=6)
    )
    policy.MergeFrom(ONE_POINT_PER_RINGGIT)
    await bare_world.apply(policy)
    return bare_world


async def test_points_overdue_do_not_survive_by_a_late_purchase(forgetful: World) -> None:
    await forgetful.record_one(aged("T1", 400))
    await forgetful.record_one(aged("T2", 0))
    assert await forgetful.balance() == 100
    assert await ledger_of(forgetful) == [
        (1, "2025-06-10", 100),
        (1, "2026-07-15", 100),
        (9, "2025-12-10", -100),
    ]
    assert await forgetful.broken_promises() == []


async def test_the_job_first_and_the_purchase_first_end_alike(forgetful: World) -> None:
    for member in ("M1", "M2"):
        await forgetful.record_one(aged(f"{member}-1", 500, member))
        await forgetful.record_one(aged(f"{member}-2", 400, member))
    run_the_job(forgetful, "M1")
    for member in ("M1", "M2"):
        await forgetful.record_one(aged(f"{member}-3", 0, member))
    run_the_job(forgetful, "M2")
    assert await ledger_of(forgetful, "M1") == await ledger_of(forgetful, "M2")
    assert await forgetful.balance("M2") == 100


async def test_a_purchase_in_time_keeps_all_points_alive(forgetful: World) -> None:
    await forgetful.record(aged("T1", 400), aged("T2", 250), aged("T3", 100), aged("T4", 0))
    assert await forgetful.balance() == 400


async def test_years_of_history_in_one_batch_expire_as_if_they_had_come_one_by_one(forgetful: World) -> None:
    days = (1_500, 1_400, 1_000, 990, 300, 0)
    await forgetful.record(*(aged(f"A{n}", each) for n, each in enumerate(days)), aged("B", 7, "M2"))
    for n, each in enumerate(days):
        await forgetful.record_one(aged(f"C{n}", each, "M3"))
    assert await ledger_of(forgetful) == await ledger_of(forgetful, "M3")
    assert (await forgetful.balance(), await forgetful.balance("M2")) == (100, 100)
    assert await forgetful.broken_promises() == []


async def test_points_are_gone_on_the_day_on_which_they_expire(forgetful: World) -> None:
    """Six months before 15 July are 15 January."""
    await forgetful.record(aged("A", 181, "M1"), aged("B", 180, "M2"))
    await forgetful.record(aged("C", 0, "M1"), aged("D", 0, "M2"))
    assert (await forgetful.balance("M1"), await forgetful.balance("M2")) == (100, 200)


async def test_what_waited_for_tier_expires_by_its_own_day_when_it_is_posted(forgetful: World) -> None:
    await forgetful.record_one(aged("T1", 400))
    await forgetful.tier.stop()
    await forgetful.record_one(aged("T2", 300))
    await forgetful.record_one(aged("T3", 1))
    await forgetful.tier_returns()
    await forgetful.redriver.run_once(0)
    assert await forgetful.balance() == 100
    assert [kind for kind, _, _ in await ledger_of(forgetful)] == [1, 1, 1, 9]


async def test_who_takes_in_another_record_was_active_whenever_one_of_the_two_was(forgetful: World) -> None:
    await forgetful.record(aged("T1", 30), aged("T2", 150, "M2"))
    await merge(forgetful, "M1", "M2")
    run_the_job(forgetful, "M2", days_later=60)
    assert await forgetful.balance("M2") == 200
    run_the_job(forgetful, "M2", days_later=160)
    assert await forgetful.balance("M2") == 0
