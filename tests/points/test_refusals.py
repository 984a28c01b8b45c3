"""Every reason for which the Points service refuses, and that a refusal leaves everything as it was."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
import sqlalchemy as sa

from carat.points.v1 import errors_pb2, points_service_pb2
from carat.points.v1.purchase_pb2 import Purchase
from carat.tier.v1 import errors_pb2 as tier_errors
from services.points.refusals import Reason
from services.points.tables import ACCOUNT, ENTRY, PENDING_PURCHASE
from tests.points.world import NOW, World, purchase, reason_of, reasons

BEFORE_1970 = datetime(1969, 12, 31, 16, 29, 59, tzinfo=UTC)
"""The last moment of 1969 in Kuala Lumpur, whose clocks were ahead by seven and a half hours then."""

ITEM_REFUSALS = [
    (purchase(""), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    (purchase("T 1"), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    (purchase("T\x00"), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    (purchase("x" * 65), Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    (purchase(member_id=""), Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    (purchase(member_id="a b"), Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    (purchase(member_id="m" * 65), Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    (purchase(currency="USD"), Reason.CURRENCY_MUST_BE_THE_PROGRAMS),
    (purchase(service_minor=-1), Reason.AMOUNT_MUST_NOT_BE_NEGATIVE),
    (purchase(service_minor=-(2**63)), Reason.AMOUNT_MUST_NOT_BE_NEGATIVE),
    (purchase(service_minor=0), Reason.AMOUNT_MUST_BE_POSITIVE),
    (purchase(service_minor=10**12 + 1), Reason.AMOUNT_ABOVE_LIMIT),
    (purchase(service_minor=2**63 - 1, addon_minor=2**63 - 1), Reason.AMOUNT_ABOVE_LIMIT),
    (purchase(service_minor=10**12, addon_minor=1), Reason.AMOUNT_ABOVE_LIMIT),
    (purchase(treatments=-1), Reason.TREATMENTS_OUT_OF_RANGE),
    (purchase(treatments=1_001), Reason.TREATMENTS_OUT_OF_RANGE),
    (purchase(occurred_at=BEFORE_1970), Reason.OCCURRED_AT_MUST_BE_VALID),
    (purchase(occurred_at=datetime(1, 1, 2, tzinfo=UTC)), Reason.OCCURRED_AT_MUST_BE_VALID),
    (purchase(occurred_at=NOW + timedelta(seconds=61)), Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE),
    (purchase(occurred_at=NOW + timedelta(days=1)), Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE),
    (purchase(property_id="ki osk"), Reason.PROPERTY_UNKNOWN),
    (purchase(property_id="x\x00"), Reason.PROPERTY_UNKNOWN),
]


def rows_kept(world: World) -> list[int]:
    tables = (PENDING_PURCHASE, ENTRY, ACCOUNT)
    with world.database.engine.connect() as connection:
        return [connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]


@pytest.mark.parametrize(("wrong", "reason"), ITEM_REFUSALS)
async def test_a_wrong_purchase_is_refused_and_its_neighbours_are_not(
    world: World, wrong: Purchase, reason: Reason
) -> None:
    results = await world.record(purchase("A", "N1"), wrong, purchase("Z", "N2"))
    assert reasons(results) == [0, reason, 0]
    assert await world.pending() == (0, 0)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.record_one(wrong)
    assert reason_of(refused.value) == reason.name
    assert rows_kept(world) == [0, 2, 2]


@pytest.mark.parametrize(("seconds", "nanos"), [(2**62, 0), (-(2**62), 0), (0, -1), (0, 10**9)])
async def test_an_instant_that_no_calendar_has_is_refused(world: World, seconds: int, nanos: int) -> None:
    wrong = purchase()
    wrong.occurred_at.seconds, wrong.occurred_at.nanos = seconds, nanos
    [result] = await world.record(wrong)
    assert reasons([result]) == [Reason.OCCURRED_AT_MUST_BE_VALID]


async def test_a_purchase_without_an_instant_is_refused(world: World) -> None:
    wrong = purchase()
    wrong.ClearField("occurred_at")
    [result] = await world.record(wrong)
    assert reasons([result]) == [Reason.OCCURRED_AT_REQUIRED]


async def test_the_limits_themselves_are_granted(world: World) -> None:
    results = await world.record(
        purchase("A", "N1", service_minor=10**12),
        purchase("B", "N2", treatments=1_000),
        purchase("C", "N3", occurred_at=NOW + timedelta(seconds=60)),
        purchase("x" * 64, "m" * 64, service_minor=1),
    )
    assert reasons(results) == [0, 0, 0, 0]


async def test_the_first_of_several_reasons_is_told(world: World) -> None:
    wrong = purchase("", "", service_minor=-1, treatments=-1, currency="USD")
    [result] = await world.record(wrong)
    assert reasons([result]) == [Reason.TRANSACTION_ID_MUST_BE_PRINTABLE]


async def test_the_second_of_two_in_one_batch_is_refused(world: World) -> None:
    results = await world.record(purchase(), purchase(), purchase("T2"))
    assert reasons(results) == [0, Reason.DUPLICATE_IN_BATCH, 0]
    assert await world.balance() == 200


async def test_a_batch_of_a_thousand_and_one_is_refused_whole(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.record(*(purchase(f"T{n}") for n in range(1_001)))
    assert reason_of(refused.value) == "BATCH_TOO_LARGE"
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert rows_kept(world) == [0, 0, 0]


async def test_nothing_is_recorded_before_a_policy_is_applied(bare_world: World) -> None:
    [result] = await bare_world.record(purchase())
    assert reasons([result]) == [Reason.POLICY_REQUIRED]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bare_world.record_one(purchase())
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    await bare_world.apply()
    assert (await bare_world.record_one(purchase())).points == 100


@pytest.mark.parametrize(
    "other",
    [
        purchase(service_minor=10_001),
        purchase(service_minor=9_999, addon_minor=1),
        purchase(member_id="M2"),
        purchase(treatments=1),
        purchase(property_id="app"),
        purchase(occurred_at=NOW - timedelta(hours=1, microseconds=1)),
    ],
)
async def test_a_posted_id_is_refused_for_another_payload(world: World, other: Purchase) -> None:
    await world.record_one(purchase())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.record_one(other)
    assert reason_of(refused.value) == "TRANSACTION_ID_REUSED"
    assert refused.value.code() == grpc.StatusCode.ALREADY_EXISTS
    assert rows_kept(world) == [0, 1, 1]


async def test_a_pending_id_is_refused_for_another_payload(world: World) -> None:
    await world.tier.stop()
    await world.record_one(purchase())
    results = await world.record(purchase(service_minor=1), purchase("T2"))
    assert reasons(results) == [Reason.TRANSACTION_ID_REUSED, 0]
    await world.tier_returns()
    await world.redriver.run_once(0)
    assert await world.balance() == 200


@pytest.mark.parametrize(
    ("of_tier", "reason"),
    [
        (tier_errors.TIER_REASON_MEMBER_UNKNOWN, Reason.MEMBER_UNKNOWN),
        (tier_errors.TIER_REASON_PROPERTY_UNKNOWN, Reason.PROPERTY_UNKNOWN),
        (tier_errors.TIER_REASON_DATE_MUST_BE_VALID, Reason.OCCURRED_AT_MUST_BE_VALID),
        (tier_errors.TIER_REASON_DATE_BEFORE_ENROLMENT, Reason.OCCURRED_BEFORE_ENROLMENT),
        (tier_errors.TIER_REASON_TRANSACTION_ID_REUSED, Reason.TRANSACTION_ID_REUSED),
        (tier_errors.TIER_REASON_MEMBER_MERGED, Reason.MEMBER_MERGED),
        (tier_errors.TIER_REASON_MEMBER_ERASED, Reason.MEMBER_ERASED),
        (tier_errors.TIER_REASON_DATE_MUST_NOT_BE_IN_FUTURE, Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE),
    ],
)
async def test_what_tier_refuses_is_told_and_leaves_no_trace(
    world: World, of_tier: tier_errors.TierReason, reason: Reason
) -> None:
    world.tier.refusals["M1"] = of_tier
    results = await world.record(purchase(), purchase("T2", "M2"))
    assert reasons(results) == [reason, 0]
    assert rows_kept(world) == [0, 1, 1]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.record_one(purchase())
    assert reason_of(refused.value) == reason.name
    world.tier.refusals.clear()
    assert (await world.record_one(purchase(service_minor=5_000))).points == 50


async def test_a_purchase_that_could_lift_a_balance_above_the_limit_is_refused(world: World) -> None:
    await world.record_one(purchase())
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).values(balance=2**63 - 1 - 10**13))
    results = await world.record(
        purchase("T2", service_minor=10**12), purchase("T3"), purchase("T4", "M2", service_minor=10**12)
    )
    assert reasons(results) == [Reason.POINTS_ABOVE_LIMIT, 0, 0]
    assert await world.balance() == 2**63 - 1 - 10**13 + 100
    assert await world.pending() == (0, 0)
    assert "T2" not in world.tier.recorded


async def test_what_is_pending_takes_room_below_the_limit(world: World) -> None:
    await world.record_one(purchase())
    with world.database.engine.begin() as connection:
        connection.execute(sa.update(ACCOUNT).values(balance=2**63 - 1 - 15 * 10**11))
    await world.tier.stop()
    first, second = purchase("T2", service_minor=10**10), purchase("T3", service_minor=10**10)
    assert reasons(await world.record(first)) == [0]
    assert reasons(await world.record(second)) == [Reason.POINTS_ABOVE_LIMIT]
    assert reasons(await world.record(first)) == [0]


async def test_an_unknown_member_has_no_balance_and_no_entries(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.balance("nobody")
    assert (refused.value.code(), reason_of(refused.value)) == (grpc.StatusCode.NOT_FOUND, "MEMBER_UNKNOWN")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.points.ListEntries(points_service_pb2.ListEntriesRequest(member_id="nobody"))
    assert reason_of(refused.value) == "MEMBER_UNKNOWN"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.balance("no body")
    assert reason_of(refused.value) == "MEMBER_ID_MUST_BE_PRINTABLE"


@pytest.mark.parametrize("token", ["garbage", "MQ", "LTE=", "MDE=", "é", "OTIyMzM3MjAzNjg1NDc3NTgwOA=="])
async def test_a_page_token_that_was_never_given_is_refused(world: World, token: str) -> None:
    await world.record_one(purchase())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.points.ListEntries(
            points_service_pb2.ListEntriesRequest(member_id="M1", page_token=token)
        )
    assert reason_of(refused.value) == "PAGE_TOKEN_INVALID"


def test_reasons_are_numbered_as_in_the_contract() -> None:
    prefix = "POINTS_REASON_"
    assert {reason.name: int(reason) for reason in Reason} == {
        name.removeprefix(prefix): number for name, number in errors_pb2.PointsReason.items()
    }
