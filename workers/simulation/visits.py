"""When the simulated members come."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import day_number
from workers.simulation.personas import HABITS, MONTH_WEIGHTS, PERSONAS, WEEKDAY_WEIGHTS
from workers.simulation.population import Population
from workers.simulation.streams import Uniforms, uniforms

VISITS_PER_MEMBER: Final = 1000
"""Room for a member's visits in a number made of member and visit."""

_SECONDS_PER_DAY = 86_400
_UTC_OFFSET = 8 * 3600
_OPENING = 10 * 3600
_CLOSING = 22 * 3600
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Visits:
    """Visits as columns, by member and, within one, by time.

    `member` is the row in the population; `ordinal` counts a member's visits from 1;
    `occurred_at` is in Unix seconds; `welcome` marks the visit of the enrolment day.
    """

    member: NDArray[np.int32]
    ordinal: NDArray[np.int32]
    occurred_at: NDArray[np.int64]
    welcome: NDArray[np.bool_]


def draw_visits(population: Population, seed: int, first_day: date, last_day: date) -> Visits:
    """When each member comes, from the first day (or enrolment) to the last, both included."""
    season = _season(first_day, last_day)
    first = day_number(first_day)
    opened = np.maximum(population.enrolled_on - first, 0)
    present = opened < len(season) - 1
    joined = present & (population.enrolled_on >= first)
    member, slot = _slots(_visit_counts(population, seed, len(season) - 1) * present + joined)
    keys = population.number[member] * VISITS_PER_MEMBER + slot
    since = season[opened[member]]
    left = season[-1] - since
    welcome = joined[member] & (slot == 0)
    place = np.where(welcome, 0.0, _spread(uniforms(seed, "place", keys), population.habit[member]))
    kept = welcome | (uniforms(seed, "kept", keys) * season[-1] < left)
    sought = since + (place * left).astype(np.int64)
    occurred_at = _moments(season, first, sought, uniforms(seed, "second", keys))
    return _in_order(member[kept], occurred_at[kept], joined)


def _season(first_day: date, last_day: date) -> NDArray[np.int64]:
    """How busy the days up to each day are together: element d for the days before first + d."""
    days = np.arange(day_number(first_day), day_number(last_day) + 1)
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    weekday = (days + 3) % 7
    busy = np.array(MONTH_WEIGHTS)[month] * np.array(WEEKDAY_WEIGHTS)[weekday]
    return np.concatenate([[0], np.cumsum(busy)]).astype(np.int64)


def _moments(
    season: NDArray[np.int64], first: int, sought: NDArray[np.int64], place: Uniforms
) -> NDArray[np.int64]:
    """Unix seconds in the opening hours of the day on which the season has passed what is sought."""
    day: NDArray[np.int64] = np.searchsorted(season, sought, side="right").astype(np.int64)
    second = _OPENING + (place * (_CLOSING - _OPENING)).astype(np.int64)
    return (day + (first - 1)) * _SECONDS_PER_DAY + second - _UTC_OFFSET


def _visit_counts(population: Population, seed: int, days: int) -> NDArray[np.int64]:
    """How often each member would come in all the days: Poisson at the persona's rate."""
    draws = uniforms(seed, "visits", population.number)
    counts = np.zeros(len(population), dtype=np.int64)
    for index, persona in enumerate(PERSONAS):
        rows = population.persona == index
        mean = persona.purchases_per_year * days / _DAYS_PER_YEAR
        counts[rows] = np.searchsorted(_poisson_bounds(mean), draws[rows], side="right")
    return counts


def _poisson_bounds(mean: float) -> Uniforms:
    """Likelihood of at most 0, 1, 2 … visits, to the room there is."""
    terms = [math.exp(-mean)]
    for count in range(1, VISITS_PER_MEMBER - 2):
        terms.append(terms[-1] * mean / count)
    bounds: Uniforms = np.cumsum(terms)
    bounds /= bounds[-1]
    return bounds


def _slots(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row of the member and number from 0 for each visit."""
    member = np.repeat(np.arange(len(counts)), counts)
    return member, np.arange(len(member)) - np.repeat(np.cumsum(counts) - counts, counts)


def _spread(draws: Uniforms, habit: NDArray[np.int8]) -> Uniforms:
    """Where in the member's time each visit lies, in [0, 1), by the member's habit."""
    early = np.array([each.early for each in HABITS])[habit]
    early_end = np.array([each.early_end for each in HABITS])[habit]
    late_start = np.array([each.late_start for each in HABITS])[habit]
    late = late_start + (draws - early) / np.maximum(1 - early, 1e-9) * (1 - late_start)
    place: Uniforms = np.where(draws < early, draws / early * early_end, late)
    return place


def _in_order(member: NDArray[np.int64], occurred_at: NDArray[np.int64], joined: NDArray[np.bool_]) -> Visits:
    """The visits by member and time, sorted as one number: many times faster than as two columns."""
    earliest = occurred_at.min(initial=np.iinfo(np.int64).max)
    span = occurred_at.max(initial=earliest) - earliest + 1
    member, after = np.divmod(np.sort(member * span + (occurred_at - earliest)), span)
    counts = np.bincount(member, minlength=len(joined))
    ordinal = np.arange(len(member)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    return Visits(
        member=member.astype(np.int32),
        ordinal=ordinal.astype(np.int32),
        occurred_at=earliest + after,
        welcome=joined[member] & (ordinal == 1),
    )
