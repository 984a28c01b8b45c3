"""Recording activity: pricing, numbering, counting and moving members, purchase by purchase."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, month_of
from services.kernel.columns import Index, put, taken
from services.kernel.exact import ONE_BP, multiplied_points, worths
from services.tier.columns import (
    NO_LEVEL,
    NO_SYSTEM,
    UNKNOWN_PROPERTY,
    Activities,
    Ids,
    Moves,
    Numbers,
    Priced,
    Standings,
)
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.inactivity import decide_reactivations
from services.tier.rules.moves import NO_ACTIVITY, joined
from services.tier.rules.promotion import decide_promotions
from services.tier.rules.review import decide_recoveries
from services.tier.rules.settlement import brought_to
from services.tier.rules.window import DailyActivity

AMOUNT_LIMIT = 10**12
BASE_LIMIT_MICROPOINTS = 10**18

_LIMITS = np.array([[BASE_LIMIT_MICROPOINTS], [AMOUNT_LIMIT], [AMOUNT_LIMIT]], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Standings after a batch of activities, what each activity earned, and the moves in order of deciding."""

    standings: Standings
    priced: Priced
    moves: Moves


def decide_refusals(activities: Activities, enrolled_on: Days, known: NDArray[np.bool_], today: int) -> Ids:
    """Why each activity is refused (0: it is not), by precedence of Reason.

    `enrolled_on` and `known` tell, row by row, of the activity's member; `occurred_on` is NEVER where the request
    gives no date of the calendar.
    """
    base, package = activities.base_micropoints, activities.package_micropoints
    amounts = np.stack([base, activities.spend, activities.visits])
    return np.select(
        [
            ~known,
            activities.property == UNKNOWN_PROPERTY,
            (amounts < 0).any(axis=0) | (package < 0),
            (amounts > _LIMITS).any(axis=0) | (package > base),
            activities.occurred_on == NEVER,
            activities.occurred_on > today,
            activities.occurred_on < enrolled_on,
        ],
        [
            Reason.MEMBER_UNKNOWN,
            Reason.PROPERTY_UNKNOWN,
            Reason.AMOUNT_MUST_NOT_BE_NEGATIVE,
            Reason.AMOUNT_ABOVE_LIMIT,
            Reason.DATE_MUST_BE_VALID,
            Reason.DATE_MUST_NOT_BE_IN_FUTURE,
            Reason.DATE_BEFORE_ENROLMENT,
        ],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def decide_activities(
    standings: Standings,
    activities: Activities,
    member_row: Index,
    rounds: Index,
    policy: Policy,
    daily: DailyActivity,
) -> Recorded:
    """Records granted activities on the standings of their members.

    `member_row` is the row of each activity's member in `standings`; `rounds` numbers a member's activities from
    0: those of one round concern different members and are decided together. `daily` holds the recorded activity
    that may leave a window.
    """
    priced = Priced.blank(len(activities))
    parts: list[Moves] = []
    for number in range(int(rounds.max(initial=-1)) + 1):
        items = np.flatnonzero(rounds == number)
        rows = member_row[items]
        decided = _decide_round(taken(standings, rows), taken(activities, items), rows, policy, daily)
        standings = put(standings, rows, decided.standings)
        priced = put(priced, items, decided.priced)
        caused = decided.moves.activity
        parts.append(
            replace(
                decided.moves,
                row=rows[decided.moves.row],
                activity=np.where(caused == NO_ACTIVITY, NO_ACTIVITY, items[caused]),
            )
        )
        part = taken(activities, items)
        daily = daily.plus(rows, part.occurred_on, part.spend, part.visits, decided.priced.points)
    return Recorded(standings, priced, joined(parts))


def _decide_round(
    standings: Standings, activities: Activities, rows: Index, policy: Policy, daily: DailyActivity
) -> Recorded:
    """One activity of each member: settle what is overdue, price, number, count, reactivate, recover, promote."""
    daily = daily.of_rows(rows)
    day = np.maximum(activities.occurred_on, standings.evaluated_on)
    overdue = brought_to(standings, day, policy, daily)
    standings = overdue.standings
    priced = _price(standings, activities, policy)
    standings = _counted(standings, activities, priced.points)
    priced = replace(priced, ordinal=np.where(activities.visits > 0, standings.treatments, 0))
    back = decide_reactivations(standings, day, policy)
    recovered = decide_recoveries(back.standings, day, policy)
    promoted = decide_promotions(recovered.standings, day, policy)
    caused = joined([_caused_by_activity(each.moves) for each in (back, recovered, promoted)])
    return Recorded(
        promoted.standings, _with_moves(priced, caused, promoted.standings), joined([overdue.moves, caused])
    )


def _price(standings: Standings, activities: Activities, policy: Policy) -> Priced:
    """Points at the level held before the purchase, at the multipliers of its own day (DECISIONS, Meanings 2, 4)."""
    revision = policy.revision_on(activities.occurred_on)
    ladders, held = policy.ladders, (revision, standings.system, standings.level)
    active = (standings.system != NO_SYSTEM) & ladders.active[revision, standings.system]
    level_bp = np.where(active, ladders.multiplier_bp[held], ONE_BP)
    bonus_bp = np.where(active, ladders.package_bonus_bp[held], 0)
    birthday_bp, factors = np.full(len(activities), ONE_BP), [level_bp]
    if policy.multiplies_birthdays:
        month = active & (standings.birth_month == month_of(activities.occurred_on))
        level_bp = np.where(month, ladders.birthday_level_bp[held], level_bp)
        birthday_bp = np.where(month, ladders.birthday_bp[held], ONE_BP)
        factors = [level_bp, birthday_bp]
    property_bp = policy.property_multipliers(activities.property, activities.occurred_on)
    worth = worths(activities.base_micropoints, activities.package_micropoints, bonus_bp)
    return replace(
        Priced.blank(len(activities)),
        points=multiplied_points(worth, *factors, property_bp),
        level=np.where(standings.system == NO_SYSTEM, NO_LEVEL, standings.level).astype(np.int16),
        level_bp=_numbers(level_bp),
        birthday_bp=_numbers(birthday_bp),
        property_bp=_numbers(property_bp),
        package_bonus_bp=_numbers(bonus_bp),
        revision=policy.revision_numbers[revision],
    )


def _counted(standings: Standings, activities: Activities, points: NDArray[np.int64]) -> Standings:
    """Activity counts on its own day, where that day lies in the window (DECISIONS, Meanings 5)."""
    counts = activities.occurred_on >= standings.counted_from
    return replace(
        standings,
        spend=standings.spend + np.where(counts, activities.spend, 0),
        visits=standings.visits + np.where(counts, activities.visits, 0),
        points=standings.points + np.where(counts, points, 0),
        treatments=standings.treatments + activities.visits,
        active_on=np.where(
            activities.visits > 0,
            np.maximum(standings.active_on, activities.occurred_on),
            standings.active_on,
        ),
    )


def _caused_by_activity(moves: Moves) -> Moves:
    return replace(moves, activity=moves.row)


def _with_moves(priced: Priced, moves: Moves, after: Standings) -> Priced:
    """The last move of each row, as the answer to its activity tells it."""
    reason = priced.move_reason.copy()
    reason[moves.row] = moves.reason
    level_after = np.where(after.system == NO_SYSTEM, NO_LEVEL, after.level).astype(np.int16)
    return replace(priced, move_reason=reason, level_after=level_after)


def _numbers(values: NDArray[np.integer]) -> Numbers:
    return values.astype(np.int32)
