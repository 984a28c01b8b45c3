"""Whatever is killed in the middle of refunds: what was accepted is taken back, once, as in the undisturbed twin."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from carat.points.v1.points_service_pb2_grpc import PointsServiceStub
from carat.points.v1.purchase_pb2 import Amounts, Purchase
from carat.points.v1.reversal_pb2 import (
    BatchRecordCreditNotesRequest,
    BatchReversePurchasesRequest,
    CreditNote,
    PurchaseReversal,
)
from tests.faults.conftest import begin_again, expect_equal, settle_down
from tests.faults.deployment import Deployment
from tests.faults.gates import no_writes_to
from tests.faults.membership import Membership, batches_of
from tests.faults.tills import meanwhile
from tests.faults.twin import Dump, dump

pytestmark = pytest.mark.faults

POINTS = ("points-0", "points-1")
TIER = ("tier-0", "tier-1")
FAULTS = ["reversals.accepted", "reversals.answered", "reversals.posted"]
"""Before Tier is asked; before what it answers is posted; before the caller is answered."""

Batch = BatchReversePurchasesRequest | BatchRecordCreditNotesRequest


def batches(membership: Membership) -> list[Batch]:
    """Three batches, each of members of its own: whole refunds, halves, and credit notes over several purchases."""
    bought = list(islice((batch for batch in batches_of(membership.early()) if len(batch) > 100), 3))
    parts = [
        [each for each in batch if hash_of(each.member_id) % 3 == number][-60:]
        for number, batch in enumerate(bought)
    ]
    now = Timestamp()
    now.FromDatetime(datetime(2026, 2, 14, tzinfo=UTC))
    whole = [
        PurchaseReversal(
            reversal_id=f"R-{each.transaction_id}",
            transaction_id=each.transaction_id,
            occurred_at=now,
            everything=True,
        )
        for each in parts[0]
    ]
    half = [
        PurchaseReversal(
            reversal_id=f"R-{each.transaction_id}",
            transaction_id=each.transaction_id,
            occurred_at=now,
            amounts=halves(each),
        )
        for each in parts[1]
    ]
    notes = [
        CreditNote(
            credit_note_id=f"C-{each.transaction_id}",
            member_id=each.member_id,
            occurred_at=now,
            amounts=each.amounts,
        )
        for each in parts[2]
    ]
    return [
        BatchReversePurchasesRequest(reversals=whole),
        BatchReversePurchasesRequest(reversals=half),
        BatchRecordCreditNotesRequest(credit_notes=notes),
    ]


def hash_of(member_id: str) -> int:
    return sum(map(ord, member_id))


def halves(purchase: Purchase) -> Amounts:
    return Amounts(
        **{kind.name: (amount + 1) // 2 for kind, amount in purchase.amounts.ListFields()}  # type: ignore[arg-type]
    )


def send(deployment: Deployment, batch: Batch, *, answered: bool = True) -> None:
    """Sends a batch in one call, which is answered without refusals, or not at all."""
    with grpc.insecure_channel(deployment.settings.points_address) as channel:
        stub = PointsServiceStub(channel)
        call = (
            stub.BatchReversePurchases
            if isinstance(batch, BatchReversePurchasesRequest)
            else stub.BatchRecordCreditNotes
        )
        if answered:
            results: Sequence[object] = call(batch, wait_for_ready=True).results  # type: ignore[arg-type]
            assert [each for each in results if each.reason] == []  # type: ignore[attr-defined]
            return
        with pytest.raises(grpc.RpcError):
            call(batch, wait_for_ready=True)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def undisturbed(running: Deployment, membership: Membership) -> Dump:
    """What the refunds leave behind when nobody disturbs them."""
    begin_again(running)
    for batch in batches(membership):
        send(running, batch)
    settle_down(running)
    return dump(running.databases)


def test_refunds_whose_tills_never_ask_again_are_posted_after_a_kill_at_any_step(
    deployment: Deployment, membership: Membership, undisturbed: Dump
) -> None:
    deployment.kill(*POINTS)
    for point, batch in zip(FAULTS, batches(membership), strict=True):
        deployment.start(POINTS[0], CARAT_FAULT=point)
        send(deployment, batch, answered=False)
        deployment.wait_until_killed(POINTS[0])
    for name in POINTS:
        deployment.start(name)
    expect_equal(deployment, undisturbed)


def test_refunds_that_are_sent_again_after_a_kill_at_any_step_are_one(
    deployment: Deployment, membership: Membership, undisturbed: Dump
) -> None:
    deployment.kill(*POINTS)
    for point, batch in zip(FAULTS, batches(membership), strict=True):
        deployment.start(POINTS[0], CARAT_FAULT=point)
        send(deployment, batch, answered=False)
        deployment.wait_until_killed(POINTS[0])
        deployment.start(POINTS[1])
        send(deployment, batch)
        deployment.kill(POINTS[1])
    for name in POINTS:
        deployment.start(name)
    expect_equal(deployment, undisturbed)


def test_tier_killed_in_the_middle_of_its_transactions_takes_each_purchase_back_once(
    deployment: Deployment, membership: Membership, undisturbed: Dump
) -> None:
    def refund() -> None:
        for batch in batches(membership):
            send(deployment, batch)

    with no_writes_to(deployment.databases["tier"], "reversal") as gate, meanwhile(refund):
        gate.wait_for(1)
        deployment.kill(*TIER)
        gate.open()
        for name in TIER:
            deployment.start(name)
    expect_equal(deployment, undisturbed)
