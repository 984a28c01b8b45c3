"""What was bought and taken back, in memory: the recorded activity of each day, and what is left of each purchase."""

from dataclasses import dataclass, field

import numpy as np

from services.tier.columns import Activities, Amounts
from services.tier.rules.reversals import Left, TakenBack
from services.tier.rules.window import DailyActivity


@dataclass(frozen=True)
class Line:
    """What a purchase adds to a day of its member, or a reversal takes away."""

    member_id: str
    day: int
    spend: int
    visits: int
    points: int


@dataclass
class DayBook:
    """All lines, and every purchase with what is left of it."""

    lines: list[Line] = field(default_factory=list)
    purchases: dict[str, Left] = field(default_factory=dict)

    def add(self, activities: Activities, points: Amounts) -> None:
        """Writes down purchases that were priced."""
        for row in range(len(activities)):
            counts = (int(activities.spend[row]), int(activities.visits[row]), int(points[row]))
            member, day = activities.member_id[row], int(activities.occurred_on[row])
            self.lines.append(Line(member, day, *counts))
            transaction = activities.transaction_id[row]
            base = int(activities.base_micropoints[row])
            self.purchases[transaction] = _left(transaction, member, day, base, counts)

    def left(self, transaction_id: str) -> Left:
        """What is left of a purchase, as one row."""
        return self.purchases[transaction_id]

    def take_back(self, left: Left, taken: TakenBack) -> None:
        """Writes down a reversal of what was left of a purchase."""
        took = (int(taken.spend[0]), int(taken.visits[0]), int(taken.points[0]))
        member, day = left.member_id[0], int(left.occurred_on[0])
        self.lines.append(Line(member, day, *(-each for each in took)))
        self.purchases[left.transaction_id[0]] = Left(
            left.transaction_id,
            left.member_id,
            left.occurred_on,
            left.whole_base,
            left.whole_points,
            left.base_micropoints - taken.base_micropoints,
            left.spend - taken.spend,
            left.visits - taken.visits,
            left.points - taken.points,
            left.reversals + 1,
        )

    def daily(self, row_of: dict[str, int]) -> DailyActivity:
        """What counts by day, of the members with a row."""
        of_days: dict[tuple[int, int], list[int]] = {}
        for line in self.lines:
            if line.member_id in row_of:
                sums = of_days.setdefault((row_of[line.member_id], line.day), [0, 0, 0])
                for place, value in enumerate((line.spend, line.visits, line.points)):
                    sums[place] += value
        if not of_days:
            return DailyActivity.none()
        rows, days = zip(*of_days, strict=True)
        spend, visits, points = zip(*of_days.values(), strict=True)
        return DailyActivity.of(
            np.array(rows, dtype=np.intp),
            np.array(days, dtype=np.int32),
            *(np.array(each, dtype=np.int64) for each in (spend, visits, points)),
        )


def _left(transaction: str, member: str, day: int, base: int, counts: tuple[int, int, int]) -> Left:
    spend, visits, points = (np.array([each], dtype=np.int64) for each in counts)
    whole = np.array([base], dtype=np.int64)
    return Left(
        np.array([transaction], dtype=object),
        np.array([member], dtype=object),
        np.array([day], dtype=np.int32),
        whole,
        points,
        whole,
        spend,
        visits,
        points,
        np.zeros(1, dtype=np.int64),
    )
