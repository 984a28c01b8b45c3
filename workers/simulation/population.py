"""Who the simulated members are."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days, day_number
from workers.simulation.personas import HABITS, PERSONAS
from workers.simulation.streams import Keys, chosen, uniforms

_FOUNDING_SHARE = 0.7
_FOUNDING_DAYS = 3 * 365
_BIRTHDAY_KNOWN_SHARE = 0.95
_FIRST_BIRTHDAY = date(1950, 1, 1)
_LAST_BIRTHDAY = date(2006, 12, 31)


@dataclass(frozen=True)
class Population:
    """Members as columns, one row each, in the order of their numbers.

    `number` is the member's own, from 1; `persona` and `habit` are rows of PERSONAS and HABITS;
    `birth_year`, `birth_month` and `birth_day` are 0 where the birthday is unknown.
    """

    number: Keys
    enrolled_on: Days
    persona: NDArray[np.int8]
    habit: NDArray[np.int8]
    birth_year: NDArray[np.int16]
    birth_month: NDArray[np.int8]
    birth_day: NDArray[np.int8]

    def __len__(self) -> int:
        """How many members there are."""
        return len(self.number)


def member_id(number: int) -> str:
    """The identifier of a member: M0000001, M0000002 and so on."""
    return f"M{number:07d}"


def draw_population(
    members: int, seed: int, first_day: date, last_day: date, first_member: int = 1
) -> Population:
    """Members `first_member` and following, most enrolled before the first day, the rest until the last.

    A member is the same in every slice: 100 members are the first 100 of 1,000,000.
    Raises ValueError when the last day is before the first.
    """
    if last_day < first_day:
        raise ValueError(f"last day {last_day} is before first day {first_day}")
    number = np.arange(first_member, first_member + members, dtype=np.int64)
    year, month, day = _birthdays(seed, number)
    return Population(
        number=number,
        enrolled_on=_enrolment_days(seed, number, day_number(first_day), day_number(last_day)),
        persona=chosen(uniforms(seed, "persona", number), [persona.weight for persona in PERSONAS]),
        habit=chosen(uniforms(seed, "habit", number), [habit.weight for habit in HABITS]),
        birth_year=year,
        birth_month=month,
        birth_day=day,
    )


def _enrolment_days(seed: int, number: Keys, first: int, last: int) -> Days:
    founding = uniforms(seed, "founding", number) < _FOUNDING_SHARE
    place = uniforms(seed, "enrolment", number)
    before = first - 1 - np.floor(place * _FOUNDING_DAYS)
    during = first + np.floor(place * (last - first + 1))
    return np.where(founding, before, during).astype(np.int32)


def _birthdays(seed: int, number: Keys) -> tuple[NDArray[np.int16], NDArray[np.int8], NDArray[np.int8]]:
    """Year, month and day, 0 where unknown; 29 February is as likely as any day."""
    first = day_number(_FIRST_BIRTHDAY)
    days = day_number(_LAST_BIRTHDAY) - first + 1
    born = (first + np.floor(uniforms(seed, "birthday", number) * days)).astype("datetime64[D]")
    month = born.astype("datetime64[M]")
    year = month.astype("datetime64[Y]")
    known = uniforms(seed, "birthday known", number) < _BIRTHDAY_KNOWN_SHARE
    return (
        np.where(known, year.astype(np.int64) + 1970, 0).astype(np.int16),
        np.where(known, (month - year).astype(np.int64) + 1, 0).astype(np.int8),
        np.where(known, (born - month).astype(np.int64) + 1, 0).astype(np.int8),
    )
