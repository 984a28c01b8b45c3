"""A member's month: opening balance and totals by kind add up to the closing balance, whatever happened."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carat.points.v1 import points_service_pb2 as pb
from carat.points.v1 import policy_pb2, report_pb2
from services.kernel.calendar import NEVER, day_number
from services.kernel.program import Program
from services.points.ledger_columns import ACTIVE, EntryKind
from services.points.policy import compiled
from services.points.policy_document import EarningRates, Expiry, ExpiryMode, PointsPolicy, QualifyingKinds
from services.points.rules.months import EntrySums, decide_month
from services.runtime.program_messages import day_to_proto
from tests.points.ledger_entries import TODAY, entry, post
from tests.points.world import ONE_POINT_PER_RINGGIT, World, reason_of
from tests.reference.calendar import add_months

EXPIRING = policy_pb2.PointsPolicy()
EXPIRING.CopyFrom(ONE_POINT_PER_RINGGIT)
EXPIRING.expiry.CopyFrom(policy_pb2.Expiry(mode=policy_pb2.EXPIRY_MODE_AFTER_EARNING, months=12))

IDLE = policy_pb2.PointsPolicy()
IDLE.CopyFrom(ONE_POINT_PER_RINGGIT)
IDLE.expiry.CopyFrom(policy_pb2.Expiry(mode=policy_pb2.EXPIRY_MODE_AFTER_INACTIVITY, months=12))


async def month(
    world: World, year: int, number: int, member_id: str = "M1"
) -> report_pb2.GetMonthStatementResponse:
    request = report_pb2.GetMonthStatementRequest(member_id=member_id, year=year, month=number)
    return await world.points.GetMonthStatement(request)


def totals(told: report_pb2.GetMonthStatementResponse) -> list[tuple[str, int, int]]:
    return [(EntryKind(each.kind).name, each.entries, each.points) for each in told.totals]


@pytest.fixture
async def lived(bare_world: World) -> World:
    """Points of several months, some of them spent, where points expire after a year."""
    await bare_world.apply(EXPIRING)
    post(
        bare_world.database,
        entry("A", 100, on=date(2026, 4, 30)),
        entry("B", 50, on=date(2026, 5, 1), kind=EntryKind.AWARD),
        entry("C", 20, on=date(2026, 5, 31), kind=EntryKind.AWARD),
        entry("D", -40, on=date(2026, 5, 31), kind=EntryKind.REDEMPTION),
        entry("E", -70, on=date(2026, 6, 1), kind=EntryKind.REDEMPTION),
        entry("F", 1, on=TODAY),
        entry("X", 1_000, "M2", on=date(2026, 5, 5)),
    )
    return bare_world


async def test_a_month_tells_what_was_there_what_came_and_went_and_what_is_left(lived: World) -> None:
    may = await month(lived, 2026, 5)
    assert (may.opening_balance, may.closing_balance) == (100, 130)
    assert totals(may) == [("AWARD", 2, 70), ("REDEMPTION", 1, -40)]


async def test_a_month_tells_what_expires_first_after_it_as_it_then_stood(lived: World) -> None:
    told = [await month(lived, 2026, number) for number in (3, 4, 5, 6, 7)]
    expiries = [
        (each.next_expiry_on.month, each.next_expiry_on.day, each.next_expiry_points)
        if each.HasField("next_expiry_on")
        else None
        for each in told
    ]
    assert expiries == [None, (4, 30, 100), (4, 30, 60), (5, 1, 40), (5, 1, 40)]


async def test_what_expires_after_inactivity_is_told_by_the_last_of_several_payments(
    bare_world: World,
) -> None:
    await bare_world.apply(IDLE)
    post(
        bare_world.database,
        entry("A", 100, on=date(2026, 4, 1)),
        entry("B", -10, on=date(2026, 4, 20), kind=EntryKind.REDEMPTION),
        entry("C", -10, on=date(2026, 4, 10), kind=EntryKind.REDEMPTION),
    )
    may = await month(bare_world, 2026, 5)
    assert (may.next_expiry_on, may.next_expiry_points) == (day_to_proto(date(2027, 4, 20)), 80)


async def test_the_running_month_closes_today(lived: World) -> None:
    july = await month(lived, 2026, 7)
    assert (july.opening_balance, july.closing_balance) == (60, 61)
    assert july.closing_balance == await lived.balance()
    assert totals(july) == [("ADJUSTMENT", 1, 1)]
    post(lived.database, entry("G", 5, on=TODAY + timedelta(days=1)))
    assert await month(lived, 2026, 7) == july


async def test_months_without_entries_have_no_totals(lived: World) -> None:
    assert await month(lived, 1970, 1) == report_pb2.GetMonthStatementResponse()
    lived.tier.enrol("M5")
    await lived.follower.step()
    assert await month(lived, 2026, 7, "M5") == report_pb2.GetMonthStatementResponse()


async def test_each_month_opens_with_what_the_one_before_closed_with(lived: World) -> None:
    told = [await month(lived, 2026, number) for number in range(1, 8)]
    for before, after in pairwise(told):
        assert after.opening_balance == before.closing_balance
    entries = (await lived.points.ListEntries(pb.ListEntriesRequest(member_id="M1"))).entries
    assert sum(each.points for each in entries) == told[-1].closing_balance


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"member_id": "pool H"}, "MEMBER_ID_MUST_BE_PRINTABLE"),
        ({"member_id": "M9"}, "MEMBER_UNKNOWN"),
        ({"month": 13}, "MONTH_OUT_OF_RANGE"),
        ({"month": 0}, "MONTH_OUT_OF_RANGE"),
        ({"year": 1969}, "MONTH_OUT_OF_RANGE"),
        ({"year": 10_000}, "MONTH_OUT_OF_RANGE"),
        ({"month": 8}, "DATE_MUST_NOT_BE_IN_FUTURE"),
    ],
)
async def test_a_month_that_cannot_be_is_refused(lived: World, given: dict[str, Any], reason: str) -> None:
    request = report_pb2.GetMonthStatementRequest(**{"member_id": "M1", "year": 2026, "month": 5, **given})
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await lived.points.GetMonthStatement(request)
    assert reason_of(refused.value) == reason


FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from([kind for kind in EntryKind if kind]),
        st.dates(date(2025, 1, 1), LAST),
        st.one_of(st.none(), st.dates(date(2025, 1, 1), LAST)),
        st.integers(-100, 100),
    ),
    max_size=12,
)


def policy_of(*expiries: Expiry | None) -> Any:
    """A policy with an expiry, and perhaps with another one from 10 May on."""
    documents = [PointsPolicy(EarningRates(), QualifyingKinds(), expiry=each) for each in expiries]
    days = [-NEVER, day_number(date(2026, 5, 10))][: len(documents)]
    return compiled(Program("P", "P", "MYR", "Asia/Kuala_Lumpur", "P"), days, documents)


@given(ENTRIES)
def test_opening_balance_and_totals_are_always_the_closing_balance(entries: list[Any]) -> None:
    decided = decide_month(sums_of(entries), policy_of(None), day_number(LAST))
    assert decided.opening == sum(points for _, on, _, points in entries if on < FIRST)
    assert decided.closing == sum(points for *_, points in entries)
    assert decided.opening + sum(total.points for total in decided.totals) == decided.closing
    assert sum(total.entries for total in decided.totals) == sum(on >= FIRST for _, on, _, _ in entries)
    kinds = [total.kind for total in decided.totals]
    assert kinds == sorted(set(kinds))


@given(ENTRIES)
def test_what_expires_after_inactivity_waits_for_the_last_activity_by_then(entries: list[Any]) -> None:
    policy = policy_of(Expiry(ExpiryMode.AFTER_INACTIVITY, months=18))
    decided = decide_month(sums_of(entries), policy, day_number(LAST))
    if decided.next_expiry.day == NEVER:
        return
    active = [on for kind, on, _, _ in entries if kind in ACTIVE]
    assert decided.next_expiry.day > day_number(LAST)
    assert not active or decided.next_expiry.day >= day_number(add_months(max(active), 18))
    assert 0 < decided.next_expiry.points <= max(decided.closing, 0)


def test_only_purchases_and_redemptions_keep_points_alive() -> None:
    policy = policy_of(Expiry(ExpiryMode.AFTER_INACTIVITY, months=12))
    bought = (EntryKind.PURCHASE, date(2026, 1, 10), date(2026, 1, 10), 100)
    adjusted = (EntryKind.ADJUSTMENT, date(2026, 3, 10), None, -1)
    redeemed = (EntryKind.REDEMPTION, date(2026, 2, 10), None, -30)
    for entries, day, points in (
        ([bought, adjusted], date(2027, 1, 10), 99),
        ([bought, adjusted, redeemed], date(2027, 2, 10), 69),
    ):
        told = decide_month(sums_of(entries), policy, day_number(LAST)).next_expiry
        assert (told.day, told.points) == (day_number(day), points)


def test_what_was_given_back_late_expires_by_the_policy_of_the_day_on_which_it_came() -> None:
    """Points of April last year would have expired in April; they were spent until May, when others hold."""
    year, two_years = (Expiry(ExpiryMode.AFTER_EARNING, months) for months in (12, 24))
    entries = [
        (EntryKind.PURCHASE, date(2025, 4, 1), date(2025, 4, 1), 100),
        (EntryKind.REDEMPTION, date(2025, 4, 2), None, -100),
        (EntryKind.REDEMPTION_REVERSAL, date(2026, 5, 20), None, 100),
    ]
    policy = policy_of(year, two_years)
    told = decide_month(sums_of(entries), policy, day_number(LAST)).next_expiry
    assert (told.day, told.points) == (day_number(date(2027, 4, 1)), 100)


def sums_of(entries: list[Any]) -> EntrySums:
    """The entries, each a group of its own."""
    return EntrySums(
        kind=np.array([kind for kind, *_ in entries], dtype=np.int16),
        is_before=np.array([on < FIRST for _, on, _, _ in entries], dtype=np.bool_),
        lot_on=np.array(
            [NEVER if lot is None else day_number(lot) for _, _, lot, _ in entries], dtype=np.int32
        ),
        entries=np.ones(len(entries), dtype=np.int64),
        points=np.array([points for *_, points in entries], dtype=np.int64),
        last_on=np.array([day_number(on) for _, on, _, _ in entries], dtype=np.int32),
        came_on=np.array(
            [day_number(on) if points > 0 else 0 for _, on, _, points in entries], dtype=np.int32
        ),
    )
