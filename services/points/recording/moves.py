"""Following Tier: accounts, levels, renewal bonuses, records merged, separated and erased."""

from collections.abc import Sequence, Set
from dataclasses import replace
from operator import attrgetter
from typing import Final

import sqlalchemy as sa

from services.points.followed import FollowedMove, MoveReason
from services.points.recording.awards import post_waiting
from services.points.recording.erasing import erase_member
from services.points.recording.merging import NO_SEQUENCE, Occasion, Parting, merge_away, undo_merge
from services.points.recording.renewals import pay_renewals
from services.points.store.accounts import read_accounts
from services.points.store.ledger import open_accounts
from services.points.store.levels import record_level_changes, record_levels
from services.points.store.merging import read_latest_merge, was_separated_since
from services.points.store.policies import PolicyBook
from services.runtime.clock import Clock

_OF_TWO: Final = (MoveReason.MERGED_AWAY, MoveReason.MERGE_UNDONE)


def occasion_of(connection: sa.Connection, book: PolicyBook, clock: Clock) -> Occasion | None:
    """The policy and the present; None before the first policy."""
    policy = book.current(connection)
    if policy is None:
        return None
    now = clock.now()
    return Occasion(policy, policy.day_at(now), now)


def follow_moves(
    connection: sa.Connection, book: PolicyBook, clock: Clock, moves: Sequence[FollowedMove]
) -> None:
    """Applies moves, those of one member in the order in which Tier decided them.

    A move that was followed before changes nothing: levels go by sequence, bonuses by their ids, and merges by the
    change of level that is kept of each. A merge whose undoing is told with it or before it moves nothing;
    one that comes before the undoing of an earlier one of either record undoes that first.
    """
    in_order = sorted(moves, key=attrgetter("sequence"))
    others = {each.other_member_id for each in in_order if each.other_member_id}
    open_accounts(connection, others - {each.member_id for each in in_order})
    record_levels(connection, in_order)
    changes = [
        each for each in in_order if each.reason in _OF_TWO or _place_before(each) != _place_after(each)
    ]
    unfollowed = record_level_changes(connection, changes)
    occasion = occasion_of(connection, book, clock)
    renewals: list[FollowedMove] = []
    for move in in_order:
        if move.reason is MoveReason.RENEWED:
            renewals.append(move)
        elif move.reason is not MoveReason.OTHER:
            _pay(connection, occasion, renewals)
            renewals = []
            _follow_record(connection, occasion, move, unfollowed)
        unfollowed.discard(move.sequence)
    _pay(connection, occasion, renewals)
    if occasion is not None:
        post_waiting(connection, occasion.policy, {each.member_id for each in in_order})


def _follow_record(
    connection: sa.Connection, occasion: Occasion | None, move: FollowedMove, unfollowed: Set[int]
) -> None:
    parting = Parting(move.member_id, move.other_member_id, move.effective_on, move.sequence)
    if move.reason is MoveReason.ERASED:
        erase_member(connection, occasion, move.member_id)
    elif move.sequence not in unfollowed:
        return
    elif move.reason is MoveReason.MERGED_AWAY:
        if not was_separated_since(connection, move.member_id, move.sequence):
            _separate_first(connection, occasion, parting, unfollowed)
            merge_away(connection, occasion, parting)
    elif _given_up_for(connection, move.member_id, move.sequence, unfollowed) == move.other_member_id:
        undo_merge(connection, occasion, parting)


def _separate_first(
    connection: sa.Connection, occasion: Occasion | None, parting: Parting, unfollowed: Set[int]
) -> None:
    """Undoes earlier merges of the two records; Tier merges none that is given up, so it will tell their undoing."""
    for member_id in (parting.member_id, parting.other_member_id):
        given_up_for = _given_up_for(connection, member_id, parting.sequence, unfollowed)
        if given_up_for:
            earlier = replace(parting, member_id=member_id, other_member_id=given_up_for)
            undo_merge(connection, occasion, earlier)


def _given_up_for(connection: sa.Connection, member_id: str, before: int, unfollowed: Set[int]) -> str:
    """The record for which another was given up before a move, and still is; '': for none, or anew since.

    Moves that are known but not followed yet have given nothing up.
    """
    [merged_into] = read_accounts(connection, [member_id], lock=True).merged_into
    merge = read_latest_merge(connection, member_id, before=NO_SEQUENCE, apart_from=unfollowed)
    return merged_into if merge < before else ""


def _pay(connection: sa.Connection, occasion: Occasion | None, renewals: Sequence[FollowedMove]) -> None:
    if occasion is not None and renewals:
        pay_renewals(connection, occasion.policy, renewals)


def _place_before(move: FollowedMove) -> tuple[str, str]:
    return move.from_system, move.from_level


def _place_after(move: FollowedMove) -> tuple[str, str]:
    return move.to_system, move.to_level
