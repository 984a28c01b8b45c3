"""Purchases beside a review and a reset: every member ends as if one had come after the other."""

import threading
from collections.abc import Iterator, Sequence
from itertools import chain

import pytest
import sqlalchemy as sa

from carat.operations.v1.run_pb2 import Run
from carat.points.v1.purchase_pb2 import Purchase
from tests.faults.conftest import (
    NOBODY,
    begin_again,
    expect_promises_kept,
    run,
    settle_down,
)
from tests.faults.deployment import PATIENCE_SECONDS, Deployment
from tests.faults.gates import no_changes_to
from tests.faults.membership import enrol
from tests.faults.races import LANES, RACED, Racers, draw_racers
from tests.faults.snapshots import keep
from tests.faults.tills import meanwhile, sell
from tests.faults.twin import Row, by_member, dump

pytestmark = pytest.mark.faults

Rows = dict[str, list[Row]]
Outcome = dict[str, Rows]

RACERS = "racers"
FEW = 10
REVIEW_FIRST, REVIEW_LAST = 0, 2

# Which part of its purchases a lane has sold when the run is started, and where it waits for the first chunk.
STARTED, HELD = 0.2, 0.6


@pytest.fixture(scope="module", params=[1, 2])
def racers(request: pytest.FixtureRequest, running: Deployment) -> Racers:
    """Members on the eve of their review; kept as RACERS."""
    drawn = draw_racers(request.param)
    begin_again(running, NOBODY)
    enrol(running, drawn.members)
    sell_rounds(running, drawn, drawn.before)
    settle_down(running)
    keep(running.databases, RACERS)
    return drawn


@pytest.fixture(scope="module")
def serial_orders(running: Deployment, racers: Racers) -> list[Outcome]:
    """What everybody comes to if the review is held before, between or after the purchases."""
    found = []
    for place in (REVIEW_FIRST, 1, REVIEW_LAST):
        begin_again(running, RACERS)
        purchases = [racers.first, racers.second]
        sell_rounds(running, racers, *purchases[:place])
        run(running, RACED)
        sell_rounds(running, racers, *purchases[place:])
        found.append(outcome(running))
    return found


def test_purchases_racing_a_review_and_a_reset_end_in_a_serial_order(
    running: Deployment, racers: Racers, serial_orders: list[Outcome]
) -> None:
    begin_again(running, RACERS)
    race(running, racers)
    expect_promises_kept(running)
    orders = {
        member: [place for place, order in enumerate(serial_orders) if order[member] == rows]
        for member, rows in outcome(running).items()
    }
    assert [member for member, places in orders.items() if not places] == []
    assert sum(places == [REVIEW_FIRST] for places in orders.values()) > FEW
    assert sum(REVIEW_FIRST not in places for places in orders.values()) > FEW


def test_who_buys_between_the_reading_and_the_recording_of_a_chunk_is_decided_again(
    running: Deployment, racers: Racers, serial_orders: list[Outcome]
) -> None:
    begin_again(running, RACERS)
    shard = first_shard_reviewed(running)
    lock = f"SELECT 1 FROM standing WHERE shard <= {shard}"
    early = racers.after_shard(shard)
    with no_changes_to(running.databases["tier"], lock) as gate, meanwhile(lambda: run(running, RACED)):
        gate.wait_for(1)
        sell_rounds(running, racers, early.first, early.second)
        gate.open()
    expect_promises_kept(running)
    found, before = outcome(running), serial_orders[REVIEW_LAST]
    bought = {purchase.member_id for purchase in early.first}
    assert [member for member in bought if found[member] != before[member]] == []


def first_shard_reviewed(deployment: Deployment) -> int:
    """The shard of the first member, in the order of the run, whose review changes something for certain."""
    first = sa.text("SELECT min(shard) FROM standing WHERE review_on IS NOT NULL")
    with deployment.databases["tier"].connect() as connection:
        return int(connection.execute(first).scalar_one())


def race(deployment: Deployment, racers: Racers) -> None:
    """Sells to everybody, and holds the review and the reset meanwhile."""
    reached = threading.Semaphore(0)
    a_chunk_is_done = threading.Event()

    def paced(batches: Sequence[list[Purchase]]) -> Iterator[list[Purchase]]:
        for place, batch in enumerate(batches):
            if place == int(len(batches) * STARTED):
                reached.release()
            if place == int(len(batches) * HELD):
                assert a_chunk_is_done.wait(PATIENCE_SECONDS)
            yield batch

    def look(seen: Run) -> None:
        if seen.chunks_done:
            a_chunk_is_done.set()

    lanes = racers.lanes(racers.first, racers.second)
    with meanwhile(lambda: sell(deployment.settings, [paced(lane) for lane in lanes])):
        assert all(reached.acquire(timeout=PATIENCE_SECONDS) for _ in range(LANES))
        run(deployment, RACED, look)


def sell_rounds(deployment: Deployment, racers: Racers, *rounds: list[Purchase]) -> None:
    """Sells one round after the other."""
    if any(rounds):
        sell(deployment.settings, [iter([list(chain(*lane))]) for lane in racers.lanes(*rounds)])


def outcome(deployment: Deployment) -> Outcome:
    """All rows of each member, when all is posted and followed."""
    settle_down(deployment)
    return by_member(dump(deployment.databases))
