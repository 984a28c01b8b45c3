"""Enrolling members onto the lowest level of their tier system."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, month_of
from services.kernel.columns import Index, occurrence_numbers, taken
from services.kernel.program import is_code
from services.kernel.shards import shard_of
from services.tier.columns import NO_LEVEL, NO_SYSTEM, Activities, Ids, Standings, Texts
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.assignment import SYSTEM_UNKNOWN, decide_systems
from services.tier.rules.moves import enrolments
from services.tier.store.members import Members, insert_members, read_members
from services.tier.store.moves import record_moves
from services.tier.store.standings import insert_standings

NO_SUCH_DAY: Final = NEVER - 1
"""A birthday that the request gives and no calendar has; NEVER is one that it does not give."""

_MISDATED = (Reason.DATE_MUST_BE_VALID, Reason.DATE_MUST_NOT_BE_IN_FUTURE)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of each enrolment: refused for a reason (0: not), and whether the member is new."""

    reason: Ids
    created: NDArray[np.bool_]


def enrol(
    connection: sa.Connection,
    policy: Policy,
    members: Members,
    today: int,
    transaction_ids: Texts | None = None,
) -> Enrolled:
    """Enrols members; one bad row never fails its neighbours, one who is enrolled alike already changes nothing.

    `enrolled_on` is NEVER where the request gives no date that a calendar has, `birthday` is NO_SUCH_DAY there;
    `transaction_ids` are the purchases that enrol, if they do.
    """
    systems = _system_numbers(policy, members)
    reason = _decide_refusals(members, systems, today)
    granted = np.flatnonzero(reason == Reason.UNSPECIFIED)
    granted = granted[np.lexsort((members.member_id[granted].astype(str), members.shard[granted]))]
    created = np.zeros(len(members), dtype=np.bool_)
    if len(granted):
        added = insert_members(connection, taken(members, granted))
        new = granted[added]
        created[new] = True
        caused_by = None if transaction_ids is None else transaction_ids[new]
        _begin_standings(connection, policy, taken(members, new), systems[new], caused_by)
        _refuse_changed_repeats(connection, policy, members, granted[~added], reason)
    misdated = np.flatnonzero(np.isin(reason, _MISDATED))
    _refuse_changed_repeats(connection, policy, members, misdated, reason)
    return Enrolled(reason, created)


def new_standings(policy: Policy, members: Members, systems: Ids) -> Standings:
    """The standings with which membership begins."""
    since = members.enrolled_on
    in_system = systems != NO_SYSTEM
    lowest = policy.ladders.level_at[policy.revision_on(since), systems, 0]
    zero = np.zeros(len(members), dtype=np.int64)
    never = np.full(len(members), NEVER, dtype=np.int32)
    return Standings(
        shard=members.shard,
        member_id=members.member_id,
        enrolled_on=since,
        system=systems,
        level=np.where(in_system, lowest, NO_LEVEL).astype(np.int16),
        level_since=since,
        review_on=never,
        grace_from=never,
        grace_until=never,
        touched_on=never,
        kept_until=never,
        held_until=never,
        lifetime_since=never,
        active_on=since,
        inactive_since=never,
        spend=zero,
        visits=zero,
        points=zero,
        counted_from=since,
        evaluated_on=since,
        treatments=zero,
        birth_month=birth_months(members.birthday),
        version=np.zeros(len(members), dtype=np.int32),
    )


def first_standings(policy: Policy, members: Members) -> Standings:
    """The standings with which the members would begin if they were enrolled."""
    return new_standings(policy, members, _system_numbers(policy, members))


def newcomers_of(purchases: Activities) -> Members:
    """The members that unknown ids become, each by its first purchase (DECISIONS, Meanings 19)."""
    count = len(purchases)
    return Members(
        shard=shard_of(purchases.member_id),
        member_id=purchases.member_id,
        enrolled_on=purchases.occurred_on,
        tier_system=np.full(count, "", dtype=object),
        birthday=np.full(count, NEVER, dtype=np.int32),
        merged_into=np.full(count, "", dtype=object),
        erased_on=np.full(count, NEVER, dtype=np.int32),
    )


def birth_months(birthdays: Days) -> Ids:
    """The month of each birthday; 0 where none is known."""
    return np.where(birthdays == NEVER, 0, month_of(birthdays)).astype(np.int16)


def _begin_standings(
    connection: sa.Connection, policy: Policy, members: Members, systems: Ids, transaction_ids: Texts | None
) -> None:
    if len(members) == 0:
        return
    standings = new_standings(policy, members, systems)
    insert_standings(connection, standings)
    rows = np.arange(len(members), dtype=np.intp)
    moves = enrolments(standings, rows, policy)
    if transaction_ids is None:
        record_moves(connection, standings, moves, np.empty(0, dtype=object), run_id="")
    else:
        record_moves(connection, standings, replace(moves, activity=rows), transaction_ids, run_id="")


def _system_numbers(policy: Policy, members: Members) -> Ids:
    return decide_systems(members.tier_system, members.member_id, members.enrolled_on, policy)


def _decide_refusals(members: Members, systems: Ids, today: int) -> Ids:
    printable = np.array([is_code(member) for member in members.member_id], dtype=np.bool_)
    repeated = occurrence_numbers(members.member_id.tolist()) > 0
    return np.select(
        [
            ~printable,
            repeated,
            systems == SYSTEM_UNKNOWN,
            (members.enrolled_on == NEVER) | (members.birthday == NO_SUCH_DAY),
            (members.enrolled_on > today) | ((members.birthday > today) & (members.birthday != NEVER)),
        ],
        [
            Reason.MEMBER_ID_MUST_BE_PRINTABLE,
            Reason.DUPLICATE_IN_BATCH,
            Reason.TIER_SYSTEM_UNKNOWN,
            Reason.DATE_MUST_BE_VALID,
            Reason.DATE_MUST_NOT_BE_IN_FUTURE,
        ],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def _refuse_changed_repeats(
    connection: sa.Connection, policy: Policy, members: Members, rows: Index, reason: Ids
) -> None:
    """Who of the rows was a member before and is gone or described otherwise now is refused, in place."""
    if len(rows) == 0:
        return
    known = read_members(connection, members.member_id[rows].tolist())
    gone = dict(zip(known.member_id, decide_gone(known).tolist(), strict=True))
    described = dict(zip(known.member_id, _descriptions(policy, known), strict=True))
    for row, description in zip(rows, _descriptions(policy, taken(members, rows)), strict=True):
        member_id = members.member_id[row]
        if gone.get(member_id):
            reason[row] = reason[row] or gone[member_id]
        elif described.get(member_id, description) != description:
            reason[row] = Reason.MEMBER_ALREADY_ENROLLED


def decide_gone(members: Members) -> Ids:
    """Why nothing can be done to members any more: merged away, or erased; 0 where it can."""
    return np.select(
        [members.merged_into != "", members.erased_on != NEVER],
        [Reason.MEMBER_MERGED, Reason.MEMBER_ERASED],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def _descriptions(policy: Policy, members: Members) -> list[tuple[int, int, int]]:
    """Members as they can be told apart; naming no system is naming the one that this joins on the day."""
    systems = _system_numbers(policy, members)
    return list(zip(members.enrolled_on.tolist(), systems.tolist(), members.birthday.tolist(), strict=True))
