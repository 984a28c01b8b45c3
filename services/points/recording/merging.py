"""Points that change hands when two records of one member are joined or separated (DECISIONS, Meanings 35)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import locked_holdings
from services.points.recording.pools import remove_member
from services.points.rules.lots import left_of
from services.points.rules.merging import Shares, decide_given_back, decide_what_moves
from services.points.store import merging as store
from services.points.store.accounts import read_accounts, read_lots
from services.points.store.heirs import locked_heirs
from services.points.store.lines import record_lines
from services.points.store.pools import account_of_pool
from services.runtime.database import fetching

NO_SEQUENCE: Final = 2**63 - 1
"""Comes after that of every move."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """When points move: the policy as last applied, the program's today, and the present instant."""

    policy: Policy
    today: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Parting:
    """One record leaves for another, or comes back from it, on a day; `sequence` is that of the move that tells it."""

    member_id: str
    other_member_id: str
    day: int
    sequence: int


def merge_away(connection: sa.Connection, occasion: Occasion | None, parting: Parting) -> None:
    """Gives a record up for another: what is left moves, with what is held of it and what it owes.

    Before the first policy there is nothing to move.
    """
    member_id, other = parting.member_id, parting.other_member_id
    if occasion is not None:
        _carry_membership(connection, occasion, member_id, other)
        # What is held keeps from expiring until it has changed hands.
        locked_holdings(connection, occasion.policy, [member_id, other], parting.day, occasion.now)
    store.set_merged_into(connection, member_id, other)
    family = list(store.read_families(connection, [member_id]))
    store.carry_redemptions(connection, member_id, other, family)
    if occasion is not None:
        _move(connection, occasion.policy, parting, first=1)
        pass_on(connection, occasion, other)


def pass_on(connection: sa.Connection, occasion: Occasion, member_id: str) -> None:
    """Moves on what came to a record after it had been given up, from one record to the next: as each is given back."""
    if member_id not in locked_heirs(connection, {member_id}):
        return
    while following := read_accounts(connection, [member_id], lock=True).merged_into[0]:
        sequence = store.read_latest_merge(connection, member_id, before=NO_SEQUENCE)
        locked_holdings(connection, occasion.policy, [member_id], occasion.today, occasion.now)
        store.carry_redemptions(
            connection, member_id, following, list(store.read_families(connection, [member_id]))
        )
        moved = store.read_moved(connection, member_id, sequence)
        parting = Parting(member_id, following, occasion.today, sequence)
        _move(connection, occasion.policy, parting, first=len(moved["points"]) + 1)
        member_id = following


def undo_merge(connection: sa.Connection, occasion: Occasion | None, parting: Parting) -> None:
    """Lets a record stand for itself again, with what the merge had moved.

    Less what refunds and payments of its own have taken since, and without what would have expired meanwhile.
    """
    member_id, other = parting.member_id, parting.other_member_id
    locked_heirs(connection, {member_id, other})
    merge = store.read_latest_merge(connection, member_id, before=parting.sequence)
    family = list(store.read_families(connection, [member_id]))
    holders = store.read_holders(connection, family)
    store.set_merged_into(connection, member_id, "")
    if occasion is not None:
        locked_holdings(connection, occasion.policy, [member_id, other], parting.day, occasion.now)
        moved = store.read_moved(connection, member_id, merge)
        merged_at = int(moved["entry_id"].min()) if len(moved["entry_id"]) else 0
        since = store.read_acts_since(connection, holders, family, merged_at)
        active_on = int(read_accounts(connection, [other], lock=True).active_on[0])
        shares = decide_given_back(moved, since, active_on, occasion.policy, parting.day)
        back = Parting(other, member_id, parting.day, parting.sequence)
        entries = _both_sides(back, shares, occasion="undo ", of=member_id)
        if entries:
            record_lines(connection, lines_of(entries, occasion.policy))
    store.carry_redemptions(connection, other, member_id, family, captured_from=holders)


def _move(connection: sa.Connection, policy: Policy, parting: Parting, first: int) -> None:
    """Moves all that a record has to the other, and leaves a trace where that is nothing."""
    member_id = parting.member_id
    room = locked_heirs(connection, {member_id})[member_id].room
    account = read_accounts(connection, [member_id], lock=True)
    lots = read_lots(fetching(connection), account)
    left = left_of(lots, np.zeros(1, dtype=np.int64))
    shares = decide_what_moves(left, int(account.balance[0]), room)
    if first == 1 and not len(shares):
        shares = Shares(np.array([NEVER], dtype=np.int32), np.zeros(1, dtype=np.int64))
    entries = _both_sides(parting, shares, first, of=member_id)
    if entries:
        record_lines(connection, lines_of(entries, policy))


def _both_sides(
    parting: Parting, shares: Shares, first: int = 1, *, of: str, occasion: str = ""
) -> list[NewEntry]:
    """What leaves one record and arrives at the other, one entry each for every share.

    They are named after the record that is given up or comes back: one move may bring back several.
    """
    giver, taker = parting.member_id, parting.other_member_id
    entries = []
    for number, (lot_on, points) in enumerate(
        zip(shares.lot_on.tolist(), shares.points.tolist(), strict=True), start=first
    ):
        for kind, side, holder, other, signed in (
            (EntryKind.MERGE_OUT, "merge-out", giver, taker, -points),
            (EntryKind.MERGE_IN, "merge-in", taker, giver, points),
        ):
            named = f"{occasion}{side} {parting.sequence} {number} {of}"
            entries.append(NewEntry(named, kind, holder, signed, parting.day, lot_on, related_id=other))
    return entries


def _carry_membership(connection: sa.Connection, occasion: Occasion, member_id: str, other: str) -> None:
    """Leaves the place in a household's pool to the other record, unless that is in one already."""
    pool_id = store.read_pool_of(connection, member_id)
    if not pool_id:
        return
    read_accounts(connection, [account_of_pool(pool_id)], lock=True)
    if store.read_pool_of(connection, other):
        remove_member(connection, occasion.policy, pool_id, member_id, occasion.today, occasion.now)
    else:
        store.carry_membership(connection, member_id, other)
