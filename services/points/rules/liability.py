"""What the program owes its members on a day: points and money, by level and by age (DECISIONS, Meanings 36).

The levels add up to all points, and so do the ages together with what members owe.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.kernel.calendar import Days, add_months
from services.points.columns import Amounts, Texts
from services.points.ledger_columns import Lots
from services.points.rules.lots import left_of, sums_by_account

AGES: Final = ((0, 3), (3, 6), (6, 12), (12, 24), (24, 0))
"""Full months since points were earned, from and up to; 0: without end."""

Level = tuple[str, str]
"""A tier system and one of its levels; both '' for pools and who left the ladders."""


@dataclass(frozen=True, slots=True)
class Owing:
    """What accounts held at the end of a day; `tier_system` and `level`, one a row, are those of that day."""

    lots: Lots
    tier_system: Texts
    level: Texts

    def __len__(self) -> int:
        return len(self.level)


@dataclass(frozen=True, slots=True)
class LevelTally:
    """Accounts of one level with a balance, the sum of the balances, and that of those above 0."""

    accounts: int = 0
    points: int = 0
    positive: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What some accounts come to: by level, and the points left by age in the order of AGES."""

    levels: dict[Level, LevelTally]
    ages: tuple[int, ...]

    @property
    def whole(self) -> LevelTally:
        """All levels together; its points less its positive ones are what members owe."""
        return _sum(self.levels.values())


def decide_liability(owing: Owing, day: int) -> Tally:
    """What accounts held at the end of a day, held points included: they are not spent until they are captured.

    So are points that were overdue to expire on that day and had not expired yet. Sums are exact beyond 64 bits.
    """
    balance = sums_by_account(owing.lots.row, owing.lots.points, len(owing))
    levels: dict[Level, list[int]] = {}
    for row in np.flatnonzero(balance).tolist():
        levels.setdefault((owing.tier_system[row], owing.level[row]), []).append(row)
    tallies = {level: _tally(balance[rows]) for level, rows in levels.items()}
    return Tally(tallies, _by_age(owing, day))


def added_up(tallies: Iterable[Tally]) -> Tally:
    """What several parts of the accounts come to together; levels in the order of their names."""
    parts = list(tallies)
    names = sorted({level for part in parts for level in part.levels})
    levels = {level: _sum(part.levels[level] for part in parts if level in part.levels) for level in names}
    return Tally(levels, tuple(sum(part.ages[age] for part in parts) for age in range(len(AGES))))


def _by_age(owing: Owing, day: int) -> tuple[int, ...]:
    left = left_of(owing.lots, np.zeros(len(owing), dtype=np.int64))
    age = _age_of(left.lot_on, day)
    return tuple(exact_sum(left.points[age == each]) for each in range(len(AGES)))


def _age_of(lot_on: Days, day: int) -> Amounts:
    """The position in AGES of each day of earning, as of a day."""
    age = np.zeros(len(lot_on), dtype=np.int64)
    for months, _ in AGES[1:]:
        age += add_months(lot_on, months) <= day
    return age


def _tally(balance: Amounts) -> LevelTally:
    return LevelTally(len(balance), exact_sum(balance), exact_sum(np.maximum(balance, 0)))


def _sum(tallies: Iterable[LevelTally]) -> LevelTally:
    parts = list(tallies)
    return LevelTally(
        sum(part.accounts for part in parts),
        sum(part.points for part in parts),
        sum(part.positive for part in parts),
    )


def exact_sum(points: Amounts) -> int:
    """The sum of up to 2^31 numbers, which may pass 64 bits: their upper and lower halves apart."""
    return (int((points >> 32).sum()) << 32) + int((points & 0xFFFFFFFF).sum())
