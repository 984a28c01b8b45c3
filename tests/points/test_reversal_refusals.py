"""Refunds and credit notes that are refused: each for its own reason, and nothing changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
import sqlalchemy as sa

from carat.points.v1 import reversal_pb2 as pb
from services.points.refusals import Reason
from services.points.tables import METADATA
from tests.points.refunding import credit, note, refund, reverse
from tests.points.world import NOW, World, purchase, reason_of

LIMIT_MINOR = 10**12

OF_BOTH: list[tuple[dict[str, Any], Reason]] = [
    ({"currency": "USD"}, Reason.CURRENCY_MUST_BE_THE_PROGRAMS),
    ({"service_minor": -1}, Reason.AMOUNT_MUST_NOT_BE_NEGATIVE),
    ({"service_minor": 5, "package_minor": -1}, Reason.AMOUNT_MUST_NOT_BE_NEGATIVE),
    ({"service_minor": LIMIT_MINOR, "addon_minor": 1}, Reason.AMOUNT_ABOVE_LIMIT),
    ({"service_minor": 2**63 - 1, "addon_minor": 2**63 - 1}, Reason.AMOUNT_ABOVE_LIMIT),
    ({"treatments": -1}, Reason.TREATMENTS_OUT_OF_RANGE),
    ({"treatments": 1_001}, Reason.TREATMENTS_OUT_OF_RANGE),
    ({"occurred_at": None}, Reason.OCCURRED_AT_REQUIRED),
    ({"occurred_at": datetime(1969, 12, 1, tzinfo=UTC)}, Reason.OCCURRED_AT_MUST_BE_VALID),
    ({"occurred_at": NOW + timedelta(days=1)}, Reason.OCCURRED_AT_MUST_NOT_BE_IN_FUTURE),
]

OF_REFUNDS: list[tuple[dict[str, Any], Reason]] = [
    ({"reversal_id": "two words"}, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    ({"transaction_id": ""}, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    ({"reversal_id": "T1"}, Reason.TRANSACTION_ID_REUSED),
    ({"transaction_id": "nobody-bought"}, Reason.PURCHASE_UNKNOWN),
    ({"service_minor": 10_001}, Reason.REVERSAL_ABOVE_ORIGINAL),
    ({"addon_minor": 1}, Reason.REVERSAL_ABOVE_ORIGINAL),
    ({"treatments": 2}, Reason.REVERSAL_ABOVE_ORIGINAL),
    ({"service_minor": 1, "everything": True}, Reason.REVERSAL_ABOVE_ORIGINAL),
    ({"everything": False}, Reason.REVERSAL_MUST_TAKE_SOMETHING),
    ({"occurred_at": NOW - timedelta(days=2)}, Reason.REVERSAL_BEFORE_ORIGINAL),
]

OF_NOTES: list[tuple[dict[str, Any], Reason]] = [
    ({"credit_note_id": ""}, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE),
    ({"member_id": "two words"}, Reason.MEMBER_ID_MUST_BE_PRINTABLE),
    ({"credit_note_id": "T1"}, Reason.TRANSACTION_ID_REUSED),
    ({"member_id": "nobody"}, Reason.MEMBER_UNKNOWN),
    ({"service_minor": 0}, Reason.REVERSAL_MUST_TAKE_SOMETHING),
    ({"service_minor": 10_001}, Reason.CREDIT_ABOVE_PURCHASES),
    ({"service_minor": 0, "product_minor": 1}, Reason.CREDIT_ABOVE_PURCHASES),
    ({"occurred_at": NOW - timedelta(days=1)}, Reason.CREDIT_ABOVE_PURCHASES),
]


def snapshot(world: World) -> list[Any]:
    """Every row of every table but what numbers them."""
    with world.database.engine.connect() as connection:
        return [
            connection.execute(sa.select(table).order_by(*table.primary_key)).all()
            for table in METADATA.sorted_tables
        ]


@pytest.mark.parametrize(("given", "reason"), OF_BOTH + OF_REFUNDS)
async def test_a_refund_is_refused_for_the_first_reason_and_changes_nothing(
    world: World, given: dict[str, Any], reason: Reason
) -> None:
    await world.record(purchase(treatments=1))
    before = snapshot(world)
    [result] = await reverse(world, refund(**dict(given)))
    assert Reason(result.reason) is reason
    assert not result.HasField("receipt")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.points.ReversePurchase(pb.ReversePurchaseRequest(reversal=refund(**dict(given))))
    assert reason_of(refused.value) == reason.name
    assert snapshot(world) == before


@pytest.mark.parametrize(("given", "reason"), OF_BOTH + OF_NOTES)
async def test_a_credit_note_is_refused_for_the_first_reason_and_changes_nothing(
    world: World, given: dict[str, Any], reason: Reason
) -> None:
    await world.record(purchase(treatments=1))
    before = snapshot(world)
    asked = {"service_minor": 1_000} | given
    [result] = await credit(world, note(**dict(asked)))
    assert Reason(result.reason) is reason
    assert not result.receipts
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.points.RecordCreditNote(pb.RecordCreditNoteRequest(credit_note=note(**dict(asked))))
    assert reason_of(refused.value) == reason.name
    assert snapshot(world) == before


async def test_nothing_can_be_taken_back_twice(world: World) -> None:
    await world.record(purchase())
    await reverse(world, refund("T1", "R1"))
    before = snapshot(world)
    everything, amount = await reverse(world, refund("T1", "R2"), refund("T1", "R3", service_minor=1))
    assert everything.reason == amount.reason == Reason.REVERSAL_ABOVE_ORIGINAL
    assert snapshot(world) == before


@pytest.mark.parametrize(
    "other",
    [
        refund("T1", "R1", service_minor=999),
        refund("T2", "R1", service_minor=1_000),
        refund("T1", "R1"),
        refund("T1", "R1", service_minor=1_000, occurred_at=NOW - timedelta(minutes=1)),
    ],
)
async def test_an_id_is_not_used_for_another_refund(world: World, other: pb.PurchaseReversal) -> None:
    await world.record(purchase("T1"), purchase("T2"))
    await reverse(world, refund("T1", "R1", service_minor=1_000))
    before = snapshot(world)
    [result] = await reverse(world, other)
    assert result.reason == Reason.TRANSACTION_ID_REUSED
    assert snapshot(world) == before


async def test_an_id_is_not_used_for_another_credit_note_nor_for_other_acts(world: World) -> None:
    await world.record(purchase("T1"), purchase("T2", "M2"))
    await credit(world, note("C1", service_minor=1_000))
    before = snapshot(world)
    results = await credit(world, note("C1", service_minor=999), note("C1", "M2", service_minor=1_000))
    assert [result.reason for result in results] == [Reason.TRANSACTION_ID_REUSED, Reason.DUPLICATE_IN_BATCH]
    [of_refund] = await reverse(world, refund("T1", "C1"))
    [of_purchase] = await world.record(purchase("C1"))
    assert of_refund.reason == of_purchase.reason == Reason.TRANSACTION_ID_REUSED
    assert snapshot(world) == before


async def test_a_batch_names_each_refund_once(world: World) -> None:
    await world.record(purchase())
    first, second = await reverse(world, refund(service_minor=1), refund(service_minor=1))
    assert (first.reason, second.reason) == (0, Reason.DUPLICATE_IN_BATCH)
    assert first.receipt.amounts.service_minor == 1


async def test_a_batch_has_a_thousand_refunds_at_most(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as of_refunds:
        await reverse(world, *(refund("T1", f"R{n}") for n in range(1_001)))
    with pytest.raises(grpc.aio.AioRpcError) as of_notes:
        await credit(world, *(note(f"C{n}") for n in range(1_001)))
    assert reason_of(of_refunds.value) == reason_of(of_notes.value) == "BATCH_TOO_LARGE"
    assert list(await reverse(world)) == list(await credit(world)) == []


async def test_refunds_need_a_policy(bare_world: World) -> None:
    [of_refund] = await reverse(bare_world, refund())
    [of_note] = await credit(bare_world, note(service_minor=1))
    assert of_refund.reason == of_note.reason == Reason.POLICY_REQUIRED
