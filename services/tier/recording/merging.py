"""Joining two records of one member, and separating them again, each in one transaction (DECISIONS, Meanings 23)."""

from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import put, stacked, taken
from services.kernel.program import is_code
from services.runtime.database import fetching
from services.tier.acts import Act
from services.tier.columns import MoveReason, Moves, Standings
from services.tier.policy import Policy
from services.tier.recording.acting import act_on
from services.tier.recording.acts import first_of, looked_up, record_act
from services.tier.recording.present import Present, brought_up, record_acted, refuse_members, refuse_records
from services.tier.refusals import Reason
from services.tier.rules.merging import Pairs, Since, decide_merges, decide_separations
from services.tier.rules.review import Decided
from services.tier.rules.window import DailyActivity
from services.tier.store import merging as store
from services.tier.store.leaving import decline_invitations
from services.tier.store.members import read_members
from services.tier.store.merging import Merge
from services.tier.store.moves import read_moves_since
from services.tier.store.standings import read_days_after, read_history, read_standings

_JOININGS = (MoveReason.MERGED_IN, MoveReason.MERGE_UNDONE)


def merge_members(connection: sa.Connection, policy: Policy, act: Act, target: str, today: int) -> Reason:
    """Gives the record of the act's member up for another; why not, if it is refused."""
    source, both = act.member_id, [act.member_id, target]

    def decide(present: Present) -> Decided | Reason:
        if source == target:
            return Reason.MERGE_MUST_JOIN_TWO
        gone = refuse_members(present, both)
        if gone:
            return gone
        pairs = _pairs(present, source, target, connection)
        on = present.day[: len(pairs.target)]
        return _in_rows(present, source, target, *decide_merges(pairs, on, policy))

    def record(present: Present) -> None:
        merge = Merge(
            act.request_id,
            source,
            target,
            _standing_of(present, source),
            _standing_of(present, target),
            gift_carried=store.carries_gift(connection, source, target),
            is_undone=False,
        )
        store.record_merge(connection, merge, int(present.day[0]))
        store.give_activity(connection, merge)
        if merge.gift_carried:
            store.carry_gift(connection, source, target)
        decline_invitations(connection, act, source, int(present.day[0]))

    return act_on(connection, policy, act, both, _common_day(connection, both, today), decide, record=record)


def undo_merge(connection: sa.Connection, policy: Policy, act: Act, merge_id: str, today: int) -> Reason:
    """Separates what a merge joined; why not, if it is refused. The act's member is filled in."""
    merge = store.read_merge(connection, merge_id) if is_code(merge_id) else None
    if merge is None:
        _, misasked = looked_up(connection, act)
        return first_of(misasked, Reason.MERGE_UNKNOWN)
    act, both = (
        replace(act, member_id=merge.source_member_id),
        [merge.source_member_id, merge.target_member_id],
    )
    present = brought_up(connection, policy, both, _common_day(connection, both, today))
    done, misasked = looked_up(connection, act)
    if done:
        return Reason.UNSPECIFIED
    # Read again under the locks: somebody may have undone it meanwhile.
    merge = store.read_merge(connection, merge_id) or merge
    undone = Reason.MERGE_ALREADY_UNDONE if merge.is_undone else Reason.UNSPECIFIED
    gone = refuse_records(read_members(connection, [merge.target_member_id]))
    reason = first_of(misasked, undone or gone)
    if reason:
        return reason
    on = int(present.day[0])
    record_acted(connection, present, _separated(connection, policy, present, merge), act.request_id)
    record_act(connection, act, on)
    behind = [each.request_id for each in store.merges_behind(connection, merge.source_member_id)]
    store.give_activity_back(connection, merge, behind)
    if merge.gift_carried:
        store.carry_gift(connection, merge.target_member_id, merge.source_member_id)
    store.record_undone(connection, merge, on)
    return Reason.UNSPECIFIED


def _separated(connection: sa.Connection, policy: Policy, present: Present, merge: Merge) -> Decided:
    source, target = merge.source_member_id, merge.target_member_id
    now = _pairs(present, source, target, connection)
    on = present.day[:1]
    overdue = taken(present.moves, present.moves.row == present.row_of(target))
    since = read_moves_since(connection, target, merge.request_id)
    moved = (since["from_level"] != since["to_level"]) | np.isin(since["reason"], _JOININGS)
    afterwards = Since(
        moved=np.array([moved.any() or (overdue.from_level != overdue.to_level).any()]),
        locked=np.array([(since["reason"] == MoveReason.LOCKED).any()]),
    )
    days = read_days_after(connection, target, int(merge.source.evaluated_on[0]))
    decided = decide_separations(now, _before(connection, merge), afterwards, days, on, policy)
    return _in_rows(present, source, target, *decided)


def _before(connection: sa.Connection, merge: Merge) -> Pairs:
    """Both records as they were, with the activity that each has by itself, and what other merges left there."""
    behind = [each.request_id for each in store.merges_behind(connection, merge.source_member_id)]
    daily_source, daily_target = (
        DailyActivity.of(np.zeros(len(fetched["day"]), dtype=np.intp), **fetched)
        for fetched in store.read_days_apart(connection, merge, behind)
    )
    record = read_members(connection, [merge.target_member_id])
    others = [
        other.source
        for other in store.read_merges_into(connection, merge.target_member_id)
        if other.request_id != merge.request_id
    ]
    target = replace(
        merge.target,
        enrolled_on=np.min([record.enrolled_on, *(other.enrolled_on for other in others)], axis=0),
        lifetime_since=stacked([merge.target, *others]).lifetime_since.min(keepdims=True),
    )
    return Pairs(merge.source, target, daily_source, daily_target)


def _pairs(present: Present, source: str, target: str, connection: sa.Connection) -> Pairs:
    fetch = fetching(connection)
    one, other = _standing_of(present, source), _standing_of(present, target)
    return Pairs(one, other, read_history(fetch, one), read_history(fetch, other))


def _standing_of(present: Present, member_id: str) -> Standings:
    return taken(present.standings, present.standings.member_id == member_id)


def _in_rows(present: Present, source: str, target: str, one: Decided, other: Decided) -> Decided:
    """What was decided on a source and its target, as decided on all that are present."""
    standings, moves = present.standings, []
    for member, decided in ((source, one), (target, other)):
        row = np.array([present.row_of(member)], dtype=np.intp)
        standings = put(standings, row, decided.standings)
        moves.append(replace(decided.moves, row=row[decided.moves.row]))
    joined: Moves = stacked(moves)
    return Decided(standings, joined)


def _common_day(connection: sa.Connection, member_ids: list[str], today: int) -> int:
    """The day on which both can be acted on: today, or that of the later of their last evaluations."""
    locked = read_standings(connection, sorted(set(member_ids)), lock=True)
    return int(locked.evaluated_on.max(initial=today))
