"""Who the simulated members are and what they buy, as batches that can be sent side by side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np

from carat.points.v1.purchase_pb2 import Purchase
from carat.tier.v1.member_pb2 import Member
from services.kernel.columns import taken
from workers.simulation.history import History, draw_history
from workers.simulation.messages import lanes, member_batches
from workers.simulation.population import Population, draw_population, member_id

FIRST_DAY: Final = date(2025, 2, 1)
LAST_DAY: Final = date(2026, 3, 31)
MEMBERS_A_CALL: Final = 10_000
PURCHASES_A_CALL: Final = 1_000
MEMBER_LANES: Final = 4
PURCHASE_LANES: Final = 8


def draw(members: int, seed: int) -> tuple[Population, History]:
    """The members and their purchases of fourteen months."""
    population = draw_population(members, seed, FIRST_DAY, LAST_DAY)
    return population, draw_history(population, seed, FIRST_DAY, LAST_DAY)


def busiest_member(population: Population, history: History) -> str:
    """The identifier of the member with the most purchases, of whom there is most to see."""
    return member_id(int(population.number[np.bincount(history.member, minlength=1).argmax()]))


def enrolment_lanes(population: Population) -> list[Iterator[list[Member]]]:
    """The members in batches, in lanes of about equal length."""
    parts = np.array_split(np.arange(len(population)), MEMBER_LANES)
    return [member_batches(taken(population, part), MEMBERS_A_CALL) for part in parts]


def purchase_lanes(population: Population, history: History) -> list[Iterator[list[Purchase]]]:
    """The purchases in batches, all of a member in one lane and in their order."""
    return lanes(population, history, PURCHASE_LANES, PURCHASES_A_CALL)
