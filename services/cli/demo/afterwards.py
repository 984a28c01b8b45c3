"""What simulated members do after they bought: some bring a purchase back, some pay with points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import grpc
import numpy as np

from carat.points.v1.redemption_pb2 import RedeemPointsRequest
from carat.points.v1.reversal_pb2 import BatchReversePurchasesRequest, PurchaseReversal
from services.cli.connections import Connections
from services.cli.demo.sending import GRANTED, Outcomes, outcomes_of
from services.cli.failures import failure_of
from services.cli.patience import Patience
from workers.simulation.history import History, transaction_id
from workers.simulation.population import Population, member_id

REFUNDED_ONE_IN: Final = 101
"""A prime: purchases are numbered by a thousand to a member."""
PAYING_ONE_IN: Final = 100
POINTS_OF_A_PAYMENT: Final = 100
SEN_FOR_A_PAYMENT: Final = 2 * POINTS_OF_A_PAYMENT * 100
LANES: Final = 8
REFUNDS_A_CALL: Final = 500
_DAYS_UNTIL_A_REFUND: Final = 3

Item = TypeVar("Item")


def refund_lanes(history: History) -> list[Iterator[list[PurchaseReversal]]]:
    """All of one purchase in so many is given back, a few days later."""
    refunded = np.flatnonzero(history.number % REFUNDED_ONE_IN == 0)
    reversals = []
    for number, second in zip(history.number[refunded], history.occurred_at[refunded], strict=True):
        purchase = transaction_id(int(number))
        reversal = PurchaseReversal(reversal_id=f"{purchase}-back", transaction_id=purchase, everything=True)
        reversal.occurred_at.seconds = int(second) + _DAYS_UNTIL_A_REFUND * 86_400
        reversals.append(reversal)
    return [_batches(reversals[lane::LANES], REFUNDS_A_CALL) for lane in range(LANES)]


def payment_lanes(population: Population, history: History) -> list[Iterator[list[RedeemPointsRequest]]]:
    """One member in so many pays with about half of what the purchases kept have earned at the very least."""
    kept = history.number % REFUNDED_ONE_IN != 0
    spent = np.zeros(len(population), dtype=np.int64)
    for amounts in (history.service, history.addon, history.product, history.package):
        np.add.at(spent, history.member[kept], amounts[kept])
    paying = np.flatnonzero((population.number % PAYING_ONE_IN == 0) & (spent >= SEN_FOR_A_PAYMENT))
    payments = [
        RedeemPointsRequest(
            redemption_id=f"R{number:07d}",
            member_id=member_id(number),
            points=int(spent[row]) // SEN_FOR_A_PAYMENT * POINTS_OF_A_PAYMENT,
        )
        for row, number in zip(paying.tolist(), population.number[paying].tolist(), strict=True)
    ]
    return [_batches(payments[lane::LANES], 1) for lane in range(LANES)]


def give_back(connections: Connections, patience: Patience, reversals: list[PurchaseReversal]) -> Outcomes:
    """Sends a batch of refunds."""
    request = BatchReversePurchasesRequest(reversals=reversals)
    answer = patience.call(connections.points.BatchReversePurchases, request)
    return outcomes_of(answer.results)


def pay(connections: Connections, patience: Patience, payments: list[RedeemPointsRequest]) -> Outcomes:
    """Takes points for payments, one call each."""
    outcomes: Outcomes = Counter()
    for payment in payments:
        try:
            patience.call(connections.points.RedeemPoints, payment)
            outcomes[GRANTED] += 1
        except grpc.RpcError as error:
            reason = failure_of(error).reason
            if not reason:
                raise
            outcomes[reason] += 1
    return outcomes


def _batches(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
