"""What was bought and taken back, in memory: the recorded activity of each day, and what is left of each purchase."""

from dataclasses import dataclass, field, replace

import numpy as np

from services.kernel.columns import taken
from services.tier.columns import Activities, Priced
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

    def add(self, activities: Activities, priced: Priced) -> None:
        """Writes down purchases that were priced."""
        for row in range(len(activities)):
            counts = (int(activities.spend[row]), int(activities.visits[row]), int(priced.points[row]))
            member, day = activities.member_id[row], int(activities.occurred_on[row])
            self.lines.append(Line(member, day, *counts))
            one = np.array([row])
            self.purchases[activities.transaction_id[row]] = _left(taken(activities, one), taken(priced, one))

    def left(self, transaction_id: str) -> Left:
        """What is left of a purchase, as one row."""
        return self.purchases[transaction_id]

    def take_back(self, left: Left, back: TakenBack) -> None:
        """Writes down a reversal of what was left of a purchase."""
        took = (int(back.spend[0]), int(back.visits[0]), int(back.points[0]))
        member, day = left.member_id[0], int(left.occurred_on[0])
        self.lines.append(Line(member, day, *(-each for each in took)))
        names = ("base_micropoints", "package_micropoints", "spend", "visits", "points")
        rest = {name: getattr(left, name) - getattr(back, name) for name in names}
        self.purchases[left.transaction_id[0]] = replace(left, **rest, reversals=left.reversals + 1)

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


def _left(activity: Activities, priced: Priced) -> Left:
    """A purchase of which nothing was taken back."""
    return Left(
        transaction_id=activity.transaction_id,
        member_id=activity.member_id,
        occurred_on=activity.occurred_on,
        whole_base=activity.base_micropoints,
        whole_package=activity.package_micropoints,
        whole_points=priced.points,
        package_bonus_bp=priced.package_bonus_bp,
        base_micropoints=activity.base_micropoints,
        package_micropoints=activity.package_micropoints,
        spend=activity.spend,
        visits=activity.visits,
        points=priced.points,
        reversals=np.zeros(1, dtype=np.int64),
    )
