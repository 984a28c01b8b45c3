"""What simulated members give back and pay in the demo: only what they bought, and what they then still have."""

from collections import Counter
from itertools import chain

import pytest

from services.cli.demo.afterwards import payment_lanes, refund_lanes
from services.cli.demo.membership import draw
from workers.simulation.history import History, transaction_id
from workers.simulation.population import Population, member_id

Drawn = tuple[Population, History]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(20_000, seed=1)


def test_a_purchase_is_given_back_once_and_after_it_was_made(drawn: Drawn) -> None:
    _, history = drawn
    numbers, instants = history.number.tolist(), history.occurred_at.tolist()
    made = {transaction_id(number): instant for number, instant in zip(numbers, instants, strict=True)}
    refunds = list(chain.from_iterable(chain.from_iterable(refund_lanes(drawn[1]))))
    assert refunds
    assert len({refund.transaction_id for refund in refunds}) == len(refunds)
    assert all(refund.occurred_at.seconds > made[refund.transaction_id] for refund in refunds)


def test_nobody_pays_with_more_than_half_of_what_the_purchases_kept_have_earned(drawn: Drawn) -> None:
    """A ringgit gives a point at least; a member pays once."""
    population, history = drawn
    refunds = chain.from_iterable(chain.from_iterable(refund_lanes(history)))
    given_back = {refund.transaction_id for refund in refunds}
    kept: Counter[str] = Counter()
    of_refunded: Counter[str] = Counter()
    spent = history.service + history.addon + history.product + history.package
    for number, row, sen in zip(history.number, history.member, spent, strict=True):
        into = of_refunded if transaction_id(int(number)) in given_back else kept
        into[member_id(int(population.number[row]))] += int(sen)
    payments = list(chain.from_iterable(chain.from_iterable(payment_lanes(population, history))))
    assert len({payment.member_id for payment in payments}) == len(payments)
    assert all(payment.points * 2 * 100 <= kept[payment.member_id] for payment in payments)
    assert any(of_refunded[payment.member_id] for payment in payments)
