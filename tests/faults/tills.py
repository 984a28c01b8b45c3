"""Callers of Points that behave as tills do: what was not answered is sent again, under the same ids."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from carat.points.v1.points_service_pb2 import BatchRecordPurchasesRequest
from carat.points.v1.purchase_pb2 import Purchase, PurchaseState
from services.cli.connections import Connections
from services.cli.demo.sending import send
from services.cli.patience import Patience
from services.runtime.settings import Settings

T = TypeVar("T")
Lane = Iterator[list[Purchase]]

_PAUSE_SECONDS: Final = 0.1
_POSTED: Final = PurchaseState.PURCHASE_STATE_POSTED
_PENDING: Final = PurchaseState.PURCHASE_STATE_PENDING


def sell(settings: Settings, lanes: Sequence[Lane]) -> None:
    """Sends all purchases, each lane in its order; goes on to the next batch when the one before is posted."""
    send(settings, lanes, _until_posted, lambda _: None)


def sell_once(connections: Connections, purchases: list[Purchase]) -> set[int]:
    """Sends purchases in one call, once, and tells in which states they are."""
    request = BatchRecordPurchasesRequest(purchases=purchases)
    results = connections.points.BatchRecordPurchases(request).results
    assert [result.reason for result in results if result.reason] == []
    return {result.receipt.state for result in results}


def _until_posted(connections: Connections, patience: Patience, purchases: list[Purchase]) -> Counter[str]:
    def once(batch: list[Purchase]) -> set[int]:
        return sell_once(connections, batch)

    while patience.call(once, purchases) != {_POSTED}:
        patience.stop.wait(_PAUSE_SECONDS)
    return Counter(granted=len(purchases))


@contextmanager
def meanwhile(work: Callable[[], T]) -> Iterator[Future[T]]:
    """Runs something beside the block, and waits for its end: what it raises is raised here."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(work)
        yield begun
        begun.result()
