"""Whatever is killed in the middle of purchases: what was accepted is posted, once, as in the undisturbed twin."""

import random
import time

import grpc
import pytest

from carat.points.v1.points_service_pb2 import BatchRecordPurchasesRequest
from carat.points.v1.points_service_pb2_grpc import PointsServiceStub
from carat.points.v1.purchase_pb2 import Purchase
from services.runtime.settings import ServiceName
from tests.faults.conftest import expect_equal, settle_down
from tests.faults.deployment import Deployment
from tests.faults.gates import no_writes_to
from tests.faults.membership import Membership, without_last_batches
from tests.faults.tills import meanwhile, sell
from tests.faults.twin import Dump

pytestmark = pytest.mark.faults

POINTS = ("points-0", "points-1")
TIER = ("tier-0", "tier-1")
POSTGRES = ("postgres",)

# Before Tier is asked; before what it answers is posted; before the caller is answered.
FAULTS = ["purchases.accepted", "purchases.priced", "purchases.posted"]

# Where a sale stands still while PostgreSQL is killed: being accepted; being recorded by Tier; being posted.
STEPS: list[tuple[ServiceName, str]] = [
    ("points", "pending_purchase"),
    ("tier", "activity_day"),
    ("points", "entry"),
]


def test_a_points_process_killed_after_each_step_is_made_good_by_tills_that_ask_again(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    deployment.kill(*POINTS)
    with meanwhile(lambda: sell(deployment.settings, membership.late())):
        for point in FAULTS:
            deployment.start(POINTS[0], CARAT_FAULT=f"{point}:4")
            deployment.wait_until_killed(POINTS[0])
        for name in POINTS:
            deployment.start(name)
    expect_equal(deployment, undisturbed_sale)


def test_purchases_whose_tills_never_ask_again_are_posted_after_a_kill_at_any_step(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    lanes, last = without_last_batches(membership.late(), len(FAULTS))
    sell(deployment.settings, lanes)
    deployment.kill(*POINTS)
    for point, batch in zip(FAULTS, last, strict=True):
        deployment.start(POINTS[0], CARAT_FAULT=point)
        # Behind a purchase that still waits, another of its member is answered without reaching any step.
        deployment.wait_until_serving()
        settle_down(deployment)
        sell_and_leave(deployment, batch)
        deployment.wait_until_killed(POINTS[0])
    for name in POINTS:
        deployment.start(name)
    expect_equal(deployment, undisturbed_sale)


def sell_and_leave(deployment: Deployment, purchases: list[Purchase]) -> None:
    """Sends purchases, once, in a call that is not answered."""
    with grpc.insecure_channel(deployment.settings.points_address) as channel:
        sale = BatchRecordPurchasesRequest(purchases=purchases)
        with pytest.raises(grpc.RpcError):
            PointsServiceStub(channel).BatchRecordPurchases(sale, wait_for_ready=True)


def test_tier_killed_in_the_middle_of_its_transactions_records_each_purchase_once(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    with (
        no_writes_to(deployment.databases["tier"], "activity_day") as gate,
        meanwhile(lambda: sell(deployment.settings, membership.late())),
    ):
        gate.wait_for(2)
        deployment.kill(*TIER)
        gate.open()
        for name in TIER:
            deployment.start(name)
    expect_equal(deployment, undisturbed_sale)


def test_a_postgres_killed_at_every_step_of_purchases_loses_none_of_them(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    with meanwhile(lambda: sell(deployment.settings, membership.late())):
        for service, table in STEPS:
            with no_writes_to(deployment.databases[service], table) as gate:
                gate.wait_for(2)
                deployment.kill_postgres()
            deployment.postgres.start()
    expect_equal(deployment, undisturbed_sale)


def test_whatever_is_killed_whenever_the_tills_end_up_with_the_same_sales(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    draw = random.Random(1)
    with meanwhile(lambda: sell(deployment.settings, membership.late())):
        for victims in draw.sample([POINTS[:1], TIER[:1], POSTGRES], 3):
            time.sleep(draw.uniform(0.0, 0.2))
            if victims == POSTGRES:
                deployment.kill_postgres()
            else:
                deployment.kill(*victims)
            deployment.mend()
    expect_equal(deployment, undisturbed_sale)
