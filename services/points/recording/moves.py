"""Following Tier: accounts, levels, renewal bonuses, records merged, separated and erased."""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.points.followed import FollowedMove, MoveReason
from services.points.recording.awards import post_waiting
from services.points.recording.erasing import erase_member
from services.points.recording.merging import NO_SEQUENCE, Occasion, Parting, merge_away, undo_merge
from services.points.recording.renewals import pay_renewals
from services.points.store.accounts import read_accounts
from services.points.store.ledger import open_accounts
from services.points.store.levels import record_level_changes, record_levels
from services.points.store.merging import read_families, read_latest_merge, was_separated_since
from services.points.store.policies import PolicyBook
from services.runtime.clock import Clock

_OF_TWO: Final = (MoveReason.MERGED_AWAY, MoveReason.MERGE_UNDONE)


def occasion_of(connection: sa.Connection, book: PolicyBook, clock: Clock) -> Occasion | None:
    """The policy and the present; None before the first policy."""
    policy = book.current(connection)
    if policy is None:
        return None
    now = clock.now()
    return Occasion(policy, day_number(now.astimezone(policy.zone).date()), now)


def follow_moves(
    connection: sa.Connection, book: PolicyBook, clock: Clock, moves: Sequence[FollowedMove]
) -> None:
    """Applies moves, those of one member in the order in which Tier decided them.

    A move that was followed before changes nothing: levels go by sequence, bonuses by their ids, and merges by the
    change of level that is kept of each. A merge whose undoing is told with it or before it moves nothing;
    one that comes before the undoing of another of the two undoes that first.
    """
    in_order = sorted(moves, key=attrgetter("sequence"))
    others = {each.other_member_id for each in in_order if each.other_member_id}
    open_accounts(connection, others - {each.member_id for each in in_order})
    record_levels(connection, in_order)
    changes = [
        each for each in in_order if each.reason in _OF_TWO or _place_before(each) != _place_after(each)
    ]
    news = record_level_changes(connection, changes)
    occasion = occasion_of(connection, book, clock)
    renewals: list[FollowedMove] = []
    for move in in_order:
        if move.reason is MoveReason.RENEWED:
            renewals.append(move)
        elif move.reason is not MoveReason.OTHER:
            _pay(connection, occasion, renewals)
            renewals = []
            _follow_record(connection, occasion, move, is_new=move.sequence in news)
    _pay(connection, occasion, renewals)
    if occasion is not None:
        post_waiting(connection, occasion.policy, {each.member_id for each in in_order})


def _follow_record(
    connection: sa.Connection, occasion: Occasion | None, move: FollowedMove, *, is_new: bool
) -> None:
    parting = Parting(move.member_id, move.other_member_id, move.effective_on, move.sequence)
    if move.reason is MoveReason.ERASED:
        erase_member(connection, occasion, move.member_id)
    elif move.reason is MoveReason.MERGED_AWAY and is_new:
        if not was_separated_since(connection, move.member_id, move.sequence):
            _separate_first(connection, occasion, parting)
            merge_away(connection, occasion, parting)
    elif is_new and _was_given_up(connection, parting):
        undo_merge(connection, occasion, parting)


def _separate_first(connection: sa.Connection, occasion: Occasion | None, parting: Parting) -> None:
    """Undoes the merge of the other record into this one, whose undoing is still to be told."""
    if parting.other_member_id in read_families(connection, [parting.member_id]):
        [given_up_for] = read_accounts(connection, [parting.other_member_id], lock=True).merged_into
        earlier = replace(parting, member_id=parting.other_member_id, other_member_id=given_up_for)
        undo_merge(connection, occasion, earlier)


def _was_given_up(connection: sa.Connection, parting: Parting) -> bool:
    """Of the two records that an undone merge separates, the one that had been given up for the other, and still is."""
    accounts = read_accounts(connection, [parting.member_id], lock=True)
    merge = read_latest_merge(connection, parting.member_id, before=NO_SEQUENCE)
    return merge < parting.sequence and parting.other_member_id in accounts.merged_into.tolist()


def _pay(connection: sa.Connection, occasion: Occasion | None, renewals: Sequence[FollowedMove]) -> None:
    if occasion is not None and renewals:
        pay_renewals(connection, occasion.policy, renewals)


def _place_before(move: FollowedMove) -> tuple[str, str]:
    return move.from_system, move.from_level


def _place_after(move: FollowedMove) -> tuple[str, str]:
    return move.to_system, move.to_level
