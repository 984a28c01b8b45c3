"""A member's standing as of a day, recording nothing: as a purchase would find it, or as it was.

From the day of the last evaluation on it is settled and rolled. Before, it is told from the moves up to that day
and from the activity as it was by then: what was recorded, reversed or joined since for an earlier day is left out.
"""

from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import taken
from services.runtime.database import Fetched, fetching
from services.tier.columns import Moves, Standings
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.moves import no_moves
from services.tier.rules.retracing import NOWHERE, Footing, retraced
from services.tier.rules.settlement import brought_to
from services.tier.rules.window import DailyActivity, days_at_stake
from services.tier.store.histories import read_histories
from services.tier.store.members import Members, read_members
from services.tier.store.past import read_days_until, select_moves_until
from services.tier.store.standings import read_daily, read_standings

_MOVES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class View:
    """One member's record, standing (one row) and latest moves; `due` are those not recorded yet."""

    member: Members
    standing: Standings
    moves: Fetched
    due: Moves


def view_standing(connection: sa.Connection, policy: Policy, member_id: str, as_of: int) -> View | Reason:
    """The member's standing as of any day since the enrolment, or why it cannot be told."""
    recorded = read_standings(connection, [member_id], lock=False)
    if len(recorded) == 0:
        return Reason.MEMBER_UNKNOWN
    if as_of < recorded.enrolled_on[0]:
        return Reason.DATE_BEFORE_ENROLMENT
    if as_of < recorded.evaluated_on[0]:
        standing, due = _as_it_was(connection, policy, recorded, as_of), no_moves()
    else:
        standing, due = _as_it_is(connection, policy, recorded, as_of)
    if standing is None:
        return Reason.DATE_BEFORE_ENROLMENT
    moves = fetching(connection)(select_moves_until(member_id, as_of, _MOVES_SHOWN))
    return View(read_members(connection, [member_id]), standing, moves, due)


def _as_it_is(
    connection: sa.Connection, policy: Policy, recorded: Standings, as_of: int
) -> tuple[Standings, Moves]:
    day = np.array([as_of], dtype=np.int32)
    daily = read_daily(fetching(connection), recorded, *days_at_stake(recorded, day, policy))
    current = brought_to(recorded, day, policy, daily)
    return current.standings, current.moves


def _as_it_was(
    connection: sa.Connection, policy: Policy, recorded: Standings, as_of: int
) -> Standings | None:
    """The standing on a day before the last evaluation; None before this record began."""
    moves = read_histories(fetching(connection), recorded)
    known = taken(moves, moves.effective_on <= as_of)
    if len(known) == 0:
        return None
    [footing] = retraced([NOWHERE], known, policy)
    then = _standing_on(footing, recorded, as_of)
    if footing.unmerged is None:
        then = replace(then, enrolled_on=moves.effective_on[:1])
    lines = read_days_until(connection, recorded.member_id[0], as_of)
    day = np.array([as_of], dtype=np.int32)
    daily = DailyActivity.of(
        np.zeros(len(lines["day"]), dtype=np.intp),
        lines["day"], lines["spend"], lines["visits"], lines["points"],
    )  # fmt: skip
    start = np.maximum(policy.counting_start(then.system, day), then.enrolled_on).astype(np.int32)
    spend, visits, points = daily.between(start, (day + 1).astype(np.int32))
    treatments = lines["treatments"].sum(keepdims=True)
    return replace(
        then, spend=spend, visits=visits, points=points, counted_from=start, evaluated_on=day,
        treatments=treatments.astype(np.int64),
    )  # fmt: skip


def _standing_on(footing: Footing, recorded: Standings, as_of: int) -> Standings:
    """The footing as a standing. Grace and lifetime that another record brought began when they did there."""
    lifetime_since, grace_from = footing.lifetime_since, footing.grace_from
    if footing.unmerged and footing.level == recorded.level[0] and recorded.lifetime_since[0] <= as_of:
        lifetime_since = int(recorded.lifetime_since[0])
    if footing.grace_until == recorded.grace_until[0]:
        grace_from = int(recorded.grace_from[0])

    def day(value: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        return np.array([value], dtype=np.int32)

    return replace(
        recorded,
        system=np.array([footing.system], dtype=np.int16),
        level=np.array([footing.level], dtype=np.int16),
        level_since=day(footing.level_since),
        review_on=day(footing.review_on),
        grace_from=day(grace_from),
        grace_until=day(footing.grace_until),
        touched_on=day(footing.touched_on),
        kept_until=day(footing.kept_until),
        lifetime_since=day(lifetime_since),
        inactive_since=day(footing.inactive_since),
    )
