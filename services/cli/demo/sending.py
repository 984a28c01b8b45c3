"""Many batches through the API side by side, in lanes that keep their own order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, TypeVar

from carat.points.v1.errors_pb2 import PointsReason
from carat.points.v1.points_service_pb2 import BatchRecordPurchasesRequest, PurchaseResult
from carat.points.v1.purchase_pb2 import Purchase, PurchaseState
from carat.points.v1.reversal_pb2 import ReversalResult
from carat.tier.v1.errors_pb2 import TierReason
from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.tier_service_pb2 import BatchEnrollMembersRequest
from services.cli.connections import Connections, connect
from services.cli.patience import Patience
from services.runtime.settings import Settings

Item = TypeVar("Item")
Outcomes = Counter[str]

GRANTED: Final = "granted"
PENDING: Final = "pending"
PATIENCE_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: how many by outcome (GRANTED, PENDING, or the reason of a refusal), and how long it took."""

    outcomes: Outcomes
    seconds: float

    @property
    def count(self) -> int:
        """How many were sent."""
        return self.outcomes.total()

    @property
    def refused(self) -> Outcomes:
        """Those that were refused, by reason."""
        return Counter({name: n for name, n in self.outcomes.items() if name not in (GRANTED, PENDING)})


def enrol(connections: Connections, patience: Patience, members: list[Member]) -> Outcomes:
    """Enrols a batch of members."""
    answer = patience.call(connections.tier.BatchEnrollMembers, BatchEnrollMembersRequest(members=members))
    return Counter(TierReason.Name(result.reason) if result.reason else GRANTED for result in answer.results)


def purchase(connections: Connections, patience: Patience, purchases: list[Purchase]) -> Outcomes:
    """Sends a batch of purchases."""
    request = BatchRecordPurchasesRequest(purchases=purchases)
    return outcomes_of(patience.call(connections.points.BatchRecordPurchases, request).results)


def outcomes_of(results: Iterable[PurchaseResult | ReversalResult]) -> Outcomes:
    """How many of a batch came to what."""
    pending = PurchaseState.PURCHASE_STATE_PENDING
    return Counter(
        PointsReason.Name(result.reason)
        if result.reason
        else (PENDING if result.receipt.state == pending else GRANTED)
        for result in results
    )


def send(
    settings: Settings,
    lanes: Sequence[Iterator[list[Item]]],
    deliver: Callable[[Connections, Patience, list[Item]], Outcomes],
    on_sent: Callable[[int], None],
) -> Sent:
    """Delivers every batch, each lane in its order over connections of its own; `on_sent` counts along.

    The first lane that fails, or an interruption, ends the others after the batch under way.
    """
    patience = Patience(PATIENCE_SECONDS)
    outcomes: Outcomes = Counter()
    counting = threading.Lock()

    def run(lane: Iterator[list[Item]]) -> None:
        with connect(settings) as connections:
            for batch in lane:
                if patience.stop.is_set():
                    return
                delivered = deliver(connections, patience, batch)
                with counting:
                    outcomes.update(delivered)
                on_sent(len(batch))

    started = time.perf_counter()
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            _finish([pool.submit(run, lane) for lane in lanes])
        except BaseException:
            patience.stop.set()
            raise
    return Sent(outcomes, time.perf_counter() - started)


def _finish(lanes: Sequence[Future[None]]) -> None:
    done, _ = wait(lanes, return_when=FIRST_EXCEPTION)
    for lane in done:
        lane.result()
