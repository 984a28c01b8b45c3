"""While a part is away, purchases are accepted or told to come again; when it is back, all are posted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from carat.points.v1.points_service_pb2 import CountPendingRequest
from carat.points.v1.purchase_pb2 import PurchaseState
from services.runtime.settings import ServiceName
from tests.faults.conftest import expect_equal
from tests.faults.deployment import Deployment
from tests.faults.gates import no_writes_to
from tests.faults.membership import Membership, batches_of
from tests.faults.tills import meanwhile, sell, sell_once
from tests.faults.twin import Dump

pytestmark = pytest.mark.faults

TIER = ("tier-0", "tier-1")
ONLY_PENDING = {PurchaseState.PURCHASE_STATE_PENDING}


def test_purchases_made_while_tier_is_down_are_pending_and_post_themselves_when_it_is_back(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    deployment.kill(*TIER)
    sell_all_as_pending(deployment, membership)
    for name in TIER:
        deployment.start(name)
    expect_equal(deployment, undisturbed_sale)


def test_purchases_made_while_the_database_of_tier_is_away_are_pending_and_post_themselves(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    with no_database(deployment, "tier"):
        sell_all_as_pending(deployment, membership)
    expect_equal(deployment, undisturbed_sale)


def test_tills_are_told_to_come_again_while_the_database_of_points_is_away(
    deployment: Deployment, membership: Membership, undisturbed_sale: Dump
) -> None:
    with (
        no_writes_to(deployment.databases["points"], "entry") as gate,
        meanwhile(lambda: sell(deployment.settings, membership.late())),
    ):
        gate.wait_for(2)
        with no_database(deployment, "points"):
            gate.open()
    expect_equal(deployment, undisturbed_sale)


def sell_all_as_pending(deployment: Deployment, membership: Membership) -> None:
    """Makes all late purchases; every one must be accepted, and none of them posted."""
    with deployment.connect() as connections:
        made = 0
        for batch in batches_of(membership.late()):
            assert sell_once(connections, batch) == ONLY_PENDING
            made += len(batch)
        assert connections.points.CountPending(CountPendingRequest()).pending == made


@contextmanager
def no_database(deployment: Deployment, service: ServiceName) -> Iterator[None]:
    """Takes one database away: connections to it end, and no new ones are let in."""
    name = str(deployment.databases[service].url.database)
    server = sa.create_engine(deployment.postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    ended = sa.text("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = :name")
    with server.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(ended, {"name": name})
        yield
        connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    server.dispose()
