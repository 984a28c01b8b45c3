"""What the simulated members bought, and when."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from workers.simulation.baskets import Choices, Sen, draw_baskets
from workers.simulation.population import Population
from workers.simulation.streams import Keys
from workers.simulation.visits import VISITS_PER_MEMBER, draw_visits


@dataclass(frozen=True)
class History:
    """Purchases as columns, one row each, by time.

    `number` is the purchase's own; `member` is the row in the population; `occurred_at` is in Unix
    seconds; amounts are in sen before discounts; `property` is a row of PROPERTIES.
    """

    number: Keys
    member: NDArray[np.int32]
    occurred_at: NDArray[np.int64]
    service: Sen
    addon: Sen
    product: Sen
    package: Sen
    treatments: NDArray[np.int32]
    property: Choices

    def __len__(self) -> int:
        """How many purchases there are."""
        return len(self.number)


def transaction_id(number: int) -> str:
    """The identifier of a purchase: P, the member's number, and the purchase's among the member's."""
    return f"P{number:011d}"


def draw_history(population: Population, seed: int, first_day: date, last_day: date) -> History:
    """What the members bought between enrolment or the first day and the last, in opening hours.

    A member's purchases and their ids are the same in every slice of the population.
    """
    visits = draw_visits(population, seed, first_day, last_day)
    number = population.number[visits.member] * VISITS_PER_MEMBER + visits.ordinal
    baskets = draw_baskets(seed, number, population.persona[visits.member], visits.welcome)
    order = np.argsort(visits.occurred_at, kind="stable")
    return History(
        number=number[order],
        member=visits.member[order],
        occurred_at=visits.occurred_at[order],
        service=baskets.service[order],
        addon=baskets.addon[order],
        product=baskets.product[order],
        package=baskets.package[order],
        treatments=baskets.treatments[order],
        property=baskets.property[order],
    )
