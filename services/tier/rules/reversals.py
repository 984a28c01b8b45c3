"""Reversing activity: what is refused, what is taken back, and what follows for the standing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Index, Mask, put, taken
from services.kernel.exact import worths
from services.tier.columns import NO_LEVEL, NO_SYSTEM, Amounts, Ids, Moves, Numbers, Standings, Texts
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.moves import NO_ACTIVITY, joined
from services.tier.rules.retracing import Footing, retraced
from services.tier.rules.settlement import brought_to
from services.tier.rules.undoing import decide_undoings
from services.tier.rules.window import DailyActivity


@dataclass(frozen=True, slots=True)
class Reversals:
    """Refunds of purchases, those of one member in the order of their happening.

    Where `everything` left is taken back, the amounts say nothing. `occurred_on` is NEVER where the request gives
    no date of the calendar.
    """

    reversal_id: Texts
    transaction_id: Texts
    occurred_on: Days
    everything: Mask
    base_micropoints: Amounts
    package_micropoints: Amounts
    spend: Amounts
    visits: Amounts

    def __len__(self) -> int:
        return len(self.occurred_on)


@dataclass(frozen=True, slots=True)
class Left:
    """Purchases with what all reversals so far left of them; what is `whole` is what they gave."""

    transaction_id: Texts
    member_id: Texts
    occurred_on: Days
    whole_base: Amounts
    whole_package: Amounts
    whole_points: Amounts
    package_bonus_bp: Numbers
    base_micropoints: Amounts
    package_micropoints: Amounts
    spend: Amounts
    visits: Amounts
    points: Amounts
    reversals: Amounts


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of reversals, row by row: the answer that is given for ever."""

    reason: Ids
    base_micropoints: Amounts
    package_micropoints: Amounts
    spend: Amounts
    visits: Amounts
    points: Amounts
    move_reason: Ids
    level_after: Ids
    system: Ids

    @staticmethod
    def refused(reason: Ids) -> "TakenBack":
        """Rows of which nothing is taken back, or not yet."""
        none, nothing = np.zeros(len(reason), dtype=np.int64), np.zeros(len(reason), dtype=np.int16)
        nowhere = np.full(len(reason), NO_LEVEL, dtype=np.int16)
        return TakenBack(reason, none, none, none, none, none, nothing, nowhere, nowhere)


@dataclass(frozen=True, slots=True)
class Reversed:
    """Standings after a batch of reversals, what each took back, and the moves in order of deciding."""

    standings: Standings
    taken_back: TakenBack
    moves: Moves


def decide_reversal_refusals(
    reversals: Reversals, reused: Mask, known: Mask, purchased_on: Days, today: int
) -> Ids:
    """Why each reversal is refused whatever else is reversed (0: it is not), by precedence of Reason.

    `reused` ids belong to something else; `known` and `purchased_on` tell of each one's purchase.
    """
    base, package = reversals.base_micropoints, reversals.package_micropoints
    amounts = np.stack([base, package, reversals.spend, reversals.visits])
    return np.select(
        [
            (amounts < 0).any(axis=0),
            package > base,
            reversals.occurred_on == NEVER,
            reversals.occurred_on > today,
            reused,
            ~known,
            reversals.occurred_on < purchased_on,
            ~reversals.everything & (amounts == 0).all(axis=0),
        ],
        [
            Reason.AMOUNT_MUST_NOT_BE_NEGATIVE,
            Reason.AMOUNT_ABOVE_LIMIT,
            Reason.DATE_MUST_BE_VALID,
            Reason.DATE_MUST_NOT_BE_IN_FUTURE,
            Reason.TRANSACTION_ID_REUSED,
            Reason.ACTIVITY_UNKNOWN,
            Reason.REVERSAL_BEFORE_ACTIVITY,
            Reason.REVERSAL_MUST_TAKE_SOMETHING,
        ],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def decide_reversals(
    standings: Standings,
    footings: Sequence[Footing],
    reversals: Reversals,
    left: Left,
    purchase: Index,
    member_row: Index,
    rounds: Index,
    policy: Policy,
    daily: DailyActivity,
) -> Reversed:
    """Takes back what is granted, round by round; those of one round concern different members.

    `purchase` and `member_row` are the rows of each reversal's purchase in `left` and of its member in `standings`;
    `daily` holds all recorded activity.
    """
    answers = TakenBack.refused(np.zeros(len(reversals), dtype=np.int16))
    parts: list[Moves] = []
    footings = list(footings)
    for number in range(int(rounds.max(initial=-1)) + 1):
        items = np.flatnonzero(rounds == number)
        answers = put(answers, items, _taken_back(taken(reversals, items), taken(left, purchase[items])))
        items = items[answers.reason[items] == Reason.UNSPECIFIED]
        rows, bought = member_row[items], taken(left, purchase[items])
        back = taken(answers, items)
        left = put(left, purchase[items], _less(bought, back))
        decided = _decide_round(
            taken(standings, rows), [footings[row] for row in rows], back, bought.occurred_on,
            reversals.occurred_on[items], policy, daily.of_rows(rows),
        )  # fmt: skip
        standings = put(standings, rows, decided.standings)
        answers = put(answers, items, decided.taken_back)
        daily = daily.plus(rows, bought.occurred_on, -back.spend, -back.visits, -back.points)
        caused = decided.moves.activity
        by_item = np.where(caused == NO_ACTIVITY, NO_ACTIVITY, items[caused]) if len(caused) else caused
        parts.append(replace(decided.moves, row=rows[decided.moves.row], activity=by_item))
        footings = retraced(footings, parts[-1], policy)
    return Reversed(standings, answers, joined(parts))


def _taken_back(reversals: Reversals, left: Left) -> TakenBack:
    """The amounts of each, or that it takes more than is left.

    Points follow the share of the base points that was reversed, packages with their bonus, rounded toward zero over
    all reversals together (DECISIONS, Meanings 14).
    """
    base, package, spend, visits = (
        np.where(reversals.everything, getattr(left, name), getattr(reversals, name))
        for name in ("base_micropoints", "package_micropoints", "spend", "visits")
    )
    above = (package > left.package_micropoints) | (spend > left.spend) | (visits > left.visits)
    above |= base - package > left.base_micropoints - left.package_micropoints
    nothing_left = (left.base_micropoints == 0) & (left.spend == 0) & (left.visits == 0)
    above |= reversals.everything & nothing_left & (left.reversals > 0)
    refused = np.where(above, Reason.REVERSAL_ABOVE_ORIGINAL, Reason.UNSPECIFIED).astype(np.int16)
    base, package = np.where(above, 0, base), np.where(above, 0, package)
    return replace(
        TakenBack.refused(refused),
        base_micropoints=base,
        package_micropoints=package,
        spend=np.where(above, 0, spend),
        visits=np.where(above, 0, visits),
        points=left.points
        - _points_kept(left, left.base_micropoints - base, left.package_micropoints - package),
    )


def _points_kept(left: Left, kept_base: Amounts, kept_package: Amounts) -> Amounts:
    """What a purchase gave less its reversed share; Python integers carry products that may pass 64 bits."""
    gave = worths(left.whole_base, left.whole_package, left.package_bonus_bp)
    keeps = worths(kept_base, kept_package, left.package_bonus_bp)
    return np.array(
        [
            points - points * (whole - kept) // whole if whole else points
            for points, whole, kept in zip(left.whole_points.tolist(), gave, keeps, strict=True)
        ],
        dtype=np.int64,
    )


def _less(left: Left, back: TakenBack) -> Left:
    return replace(
        left,
        base_micropoints=left.base_micropoints - back.base_micropoints,
        package_micropoints=left.package_micropoints - back.package_micropoints,
        spend=left.spend - back.spend,
        visits=left.visits - back.visits,
        points=left.points - back.points,
        reversals=left.reversals + 1,
    )


def _decide_round(
    standings: Standings,
    footings: Sequence[Footing],
    back: TakenBack,
    purchased_on: Days,
    occurred_on: Days,
    policy: Policy,
    daily: DailyActivity,
) -> Reversed:
    """One reversal of each member: settle what is overdue, reduce what counts, undo what has lost its ground."""
    day = np.maximum(occurred_on, standings.evaluated_on)
    overdue = brought_to(standings, day, policy, daily)
    standings = overdue.standings
    counts = purchased_on >= standings.counted_from
    standings = replace(
        standings,
        spend=standings.spend - np.where(counts, back.spend, 0),
        visits=standings.visits - np.where(counts, back.visits, 0),
        points=standings.points - np.where(counts, back.points, 0),
    )
    every = np.arange(len(standings), dtype=np.intp)
    daily = daily.plus(every, purchased_on, -back.spend, -back.visits, -back.points)
    footings = retraced(footings, overdue.moves, policy)
    undoing = decide_undoings(standings, footings, day, policy, daily)
    caused = replace(undoing.moves, activity=undoing.moves.row)
    reason = back.move_reason.copy()
    reason[caused.row] = caused.reason
    after = undoing.standings
    level_after = np.where(after.system == NO_SYSTEM, NO_LEVEL, after.level).astype(np.int16)
    answers = replace(back, move_reason=reason, level_after=level_after, system=after.system)
    return Reversed(after, answers, joined([overdue.moves, caused]))
