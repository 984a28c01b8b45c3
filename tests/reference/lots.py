"""What is left of the points of each day, and when it expires: both told by the entries alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.reference.calendar import add_months
from tests.reference.entries import BOUGHT, Entry
from tests.reference.points_policy import PointsRevision
from tests.reference.program import number_in_force


@dataclass(frozen=True)
class Lot:
    """Points of one day, those of purchases apart; `late_on`: when the account last got points of an earlier day."""

    day: date
    bought: bool
    points: int
    late_on: date


def lots_left(
    entries: Sequence[Entry], is_maturing: Callable[[Lot], bool], taken_besides: int = 0
) -> list[Lot]:
    """What is left of each day, oldest first.

    The oldest points are spent first; those within their holding days only when there are no others. Refunds have
    reduced the day of their purchase; what is no longer there is taken from the oldest. Source: DECISIONS, Meanings
    26 and 28.
    """
    given: dict[tuple[date, bool], int] = {}
    late_on, taken = date.min, taken_besides
    for entry in entries:
        if entry.points > 0 and (entry.earned_on is None or entry.earned_on < entry.occurred_on):
            late_on = max(late_on, entry.occurred_on)
        if entry.earned_on is None:
            taken -= entry.points
        else:
            key = (entry.earned_on, entry.kind in BOUGHT)
            given[key] = given.get(key, 0) + entry.points
    lots = [Lot(*key, points, late_on) for key, points in sorted(given.items())]
    taken -= sum(lot.points for lot in lots if lot.points < 0)
    left: list[Lot] = []
    for lot in sorted(lots, key=lambda each: (is_maturing(each), each.day)):
        lost = min(max(lot.points, 0), taken)
        taken -= lost
        if lot.points - lost > 0:
            left.append(replace(lot, points=lot.points - lost))
    return sorted(left, key=lambda each: (each.day, each.bought))


def is_maturing(revisions: Sequence[PointsRevision], lot: Lot, day: date) -> bool:
    """Whether points of purchases are within their holding days on a day (DECISIONS, Meanings 28)."""
    if not lot.bought:
        return False
    holding_days = revisions[number_in_force(revisions, lot.day) - 1].holding_days
    return day < lot.day + timedelta(days=holding_days)


def expires_on(revisions: Sequence[PointsRevision], lot: Lot, active_on: date | None) -> date | None:
    """The first day on which the revision in force that day lets points expire; None: never.

    Each revision expires what is due by its own months, not before its first day, and none before they were there.
    Source: DECISIONS, Meanings 27.
    """
    earned_on = lot.day
    starts = [
        earned_on,
        *sorted(each.effective_from for each in revisions[1:] if each.effective_from > earned_on),
    ]
    for start, end in zip(starts, [*starts[1:], date.max], strict=True):
        expiry = revisions[number_in_force(revisions, start) - 1].expiry
        if expiry is None:
            continue
        kept_alive = expiry.by_inactivity and active_on is not None and active_on > earned_on
        due = max(
            start,
            lot.late_on,
            add_months(active_on if kept_alive and active_on else earned_on, expiry.months),
        )
        if due < end:
            return due
    return None
