"""Refunds that meet each other and their purchase: never more is taken back than was given."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date

import pytest
import sqlalchemy as sa

from carat.tier.v1 import standing_pb2
from tests.tier.policies import AUTOMATIC
from tests.tier.records import merge
from tests.tier.refunds import Result, refund, reverse
from tests.tier.world import Result as Purchased
from tests.tier.world import TierWorld, purchase, reason_name

BOUGHT = date(2024, 3, 1)
LATER = date(2024, 6, 1)
CALLERS = 5
T1 = purchase("T1", "M1", BOUGHT, spend_minor=300_000, visits=5, base_points=100)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 became a member by T1, which also made M1 Sapphire."""
    assert tier_world.apply(AUTOMATIC) == []
    tier_world.record(T1)
    return tier_world


@contextmanager
def held_up(world: TierWorld, callers: int) -> Iterator[None]:
    """Lets nobody change a standing until so many callers wait for it."""
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with world.database.engine.connect() as gate:
        gate.execute(sa.text("SELECT FROM standing FOR UPDATE"))
        yield
        with world.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
            while (watch.scalar(waiting) or 0) < callers:
                pass
        gate.rollback()


def at_once(world: TierWorld, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """The answers to calls that all found the member's standing locked."""
    with ThreadPoolExecutor(len(calls)) as threads:
        with held_up(world, len(calls)):
            futures: list[Future[Result]] = [threads.submit(call) for call in calls]
        return [future.result() for future in futures]


def refunding(world: TierWorld, reversal_id: str, visits: int) -> Callable[[], Result]:
    return lambda: reverse(world, refund("T1", LATER, reversal_id=reversal_id, visits=visits))[0]


def visits_now(world: TierWorld, member_id: str = "M1", on: date = LATER) -> int:
    standing = world.standing(member_id, on)
    assert isinstance(standing, standing_pb2.Standing)
    return standing.counted.visits


def test_parts_refunded_at_once_never_take_more_than_the_purchase_gave(spa: TierWorld) -> None:
    results = at_once(spa, [refunding(spa, f"R{number}", 2) for number in range(CALLERS)])
    outcomes = sorted(reason_name(result.reason) for result in results)
    assert outcomes == ["", "", *["REVERSAL_ABOVE_ORIGINAL"] * (CALLERS - 2)]
    assert visits_now(spa) == 1
    assert spa.broken_promises() == []


def test_one_refund_sent_by_many_at_once_is_recorded_once(spa: TierWorld) -> None:
    results = at_once(spa, [refunding(spa, "R1", 2) for _ in range(CALLERS)])
    assert sorted(result.replayed for result in results) == [False, *[True] * (CALLERS - 1)]
    assert {result.visits for result in results} == {2}
    assert visits_now(spa) == 3
    assert spa.broken_promises() == []


def test_one_id_for_two_refunds_at_once_is_granted_to_one(spa: TierWorld) -> None:
    results = at_once(spa, [refunding(spa, "R1", 1), refunding(spa, "R1", 2)])
    assert sorted(reason_name(result.reason) for result in results) == ["", "TRANSACTION_ID_REUSED"]
    assert visits_now(spa) in (3, 4)


def test_one_id_for_refunds_of_two_members_at_once_is_granted_to_one(spa: TierWorld) -> None:
    spa.record(purchase("T2", "M2", BOUGHT, visits=5))

    def of_other_member() -> Result:
        return reverse(spa, refund("T2", LATER, reversal_id="R1"))[0]

    results = at_once(spa, [refunding(spa, "R1", 1), of_other_member])
    assert sorted(reason_name(result.reason) for result in results) == ["", "TRANSACTION_ID_REUSED"]
    assert spa.broken_promises() == []


def test_a_purchase_and_a_refund_of_another_are_both_counted(spa: TierWorld) -> None:
    def buying() -> Purchased:
        return spa.record(purchase("T2", "M1", LATER, visits=1))[0]

    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 2):
            bought, taken_back = threads.submit(buying), threads.submit(refunding(spa, "R1", 5))
        assert (bought.result().reason, taken_back.result().reason) == (0, 0)
    assert visits_now(spa) == 1
    assert spa.broken_promises() == []


def test_a_refund_that_comes_before_its_purchase_is_refused_and_may_be_sent_again(spa: TierWorld) -> None:
    later = purchase("T2", "M1", LATER, visits=2)

    def buying() -> Purchased:
        return spa.record(later)[0]

    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 1):
            bought = threads.submit(buying)
        early = threads.submit(lambda: reverse(spa, refund("T2", LATER))[0])
        assert bought.result().reason == 0
        assert reason_name(early.result().reason) in ("", "ACTIVITY_UNKNOWN")
    [again] = reverse(spa, refund("T2", LATER))
    assert again.visits == 2
    assert visits_now(spa) == 5
    assert spa.broken_promises() == []


def test_a_refund_that_waits_for_a_merge_reaches_the_record_that_has_the_purchase_then(
    spa: TierWorld,
) -> None:
    spa.today = LATER
    spa.record(purchase("T2", "M2", BOUGHT, visits=1))
    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 2):
            merging = threads.submit(merge, spa, "M1", "M2")
            refunded = threads.submit(refunding(spa, "R1", 5))
        assert (merging.result().level, refunded.result().visits) == ("sapphire", 5)
    assert visits_now(spa, "M2", spa.today) == 1
    assert spa.broken_promises() == []
