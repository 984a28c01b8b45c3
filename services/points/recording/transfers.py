"""Points moved between members and pools, both sides in one transaction (DECISIONS, Meanings 34)."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.kernel.columns import taken
from services.points.ledger_columns import Accounts, EntryKind, Left
from services.points.policy import Policy
from services.points.recording.denial import Denial
from services.points.recording.earlier import Earlier, earlier, payload_hash_of
from services.points.recording.entries import NewEntry, lines_of
from services.points.recording.holdings import Holdings, left_beside, read_holdings, without_overdue
from services.points.recording.oldest import keep_oldest
from services.points.refusals import Reason
from services.points.rules.availability import are_maturing, decide_available
from services.points.rules.holders import decide_act_refusal, decide_holder_refusals
from services.points.rules.transfers import Parts, decide_parts, decide_transfer
from services.points.store.accounts import read_accounts
from services.points.store.limits import read_room
from services.points.store.lines import record_lines
from services.points.store.pools import pool_of_account, read_members


@dataclass(frozen=True, slots=True)
class Transfer:
    """What is asked for; giver and taker are accounts, `on_behalf_of` is the member who takes out of a pool, or ''."""

    transfer_id: str
    giver: str
    taker: str
    points: int
    on_behalf_of: str

    @property
    def names(self) -> list[str]:
        """Everybody who takes part."""
        return [name for name in (self.giver, self.taker, self.on_behalf_of) if name]


@dataclass(frozen=True, slots=True)
class Transferred:
    """Balances after a transfer, and whether it had been made before."""

    from_balance: int
    to_balance: int
    replayed: bool


def transfer(
    connection: sa.Connection, policy: Policy, asked: Transfer, today: int, now: datetime
) -> Transferred | Denial:
    """Moves points as of today; those that are held or cannot be spent yet stay."""
    holdings = read_holdings(connection, policy, asked.names, today, now, lock=True)
    payload_hash = payload_hash_of(*astuple(asked))
    before = earlier(connection, asked.transfer_id, EntryKind.TRANSFER_OUT, payload_hash)
    if before is Earlier.OTHER:
        return Denial(Reason.TRANSACTION_ID_REUSED)
    if before is Earlier.NONE:
        holdings = without_overdue(connection, policy, holdings, [asked.giver, asked.taker], today, now)
        denial = _refused(connection, policy, asked, holdings, today)
        if denial:
            return denial
        giver = row_of(holdings.accounts, asked.giver)
        spendable = _spendable(connection, policy, holdings, giver, today)
        active_on = int(holdings.accounts.active_on[giver])
        parts = decide_parts(spendable, active_on, asked.points, policy, today)
        out = NewEntry(
            asked.transfer_id,
            EntryKind.TRANSFER_OUT,
            asked.giver,
            -asked.points,
            occurred_on=today,
            related_id=asked.taker,
            payload_hash=payload_hash,
        )
        record_lines(connection, lines_of([out, *received(out, parts)], policy))
        keep_oldest(connection, policy, holdings.accounts, today)
    accounts = read_accounts(connection, asked.names, lock=True)
    from_balance = int(accounts.balance[row_of(accounts, asked.giver)])
    to_balance = int(accounts.balance[row_of(accounts, asked.taker)])
    return Transferred(from_balance, to_balance, replayed=before is Earlier.SAME)


def received(out: NewEntry, parts: Parts) -> list[NewEntry]:
    """The other side of an entry by which points left: one entry a part.

    What the parts do not cover, such as what an account owes, has no age of its own.
    """
    rest = -out.points - int(parts.points.sum())
    ages = [
        *zip(parts.lot_on.tolist(), parts.points.tolist(), strict=True),
        *([(NEVER, rest)] if rest else []),
    ]
    return [
        NewEntry(
            f"transfer-in {number} {out.transaction_id}",
            EntryKind.TRANSFER_IN,
            out.related_id,
            points,
            occurred_on=out.occurred_on,
            lot_on=lot_on,
            related_id=out.member_id,
        )
        for number, (lot_on, points) in enumerate(ages, start=1)
    ]


def _refused(
    connection: sa.Connection, policy: Policy, asked: Transfer, holdings: Holdings, today: int
) -> Denial | None:
    accounts = holdings.accounts
    pools = {
        name: read_members(connection, pool_of_account(name))
        for name in (asked.giver, asked.taker)
        if pool_of_account(name)
    }
    people = [name for name in asked.names if name not in pools]
    refusals = decide_holder_refusals(accounts, people)
    refused = decide_act_refusal(refusals, asked.points)
    if refused:
        about = [name for name, each in zip(people, refusals.tolist(), strict=True) if each == refused]
        return Denial(refused, {"member_id": about[0]} if about else {})
    pool_known = all(pools.values())
    available = decide_available(holdings.left, policy, today, len(accounts))
    can_give = int(available[row_of(accounts, asked.giver)]) if pool_known else 0
    room = int(read_room(connection, accounts)[row_of(accounts, asked.taker)]) if pool_known else 0
    reason = decide_transfer(
        asked.points,
        can_give,
        room,
        to_itself=asked.giver == asked.taker,
        pool_known=pool_known,
        in_pool=_may_act(asked, pools),
    )
    if not reason:
        return None
    return Denial(reason, {"available": str(can_give)} if reason is Reason.BALANCE_TOO_LOW else {})


def _may_act(asked: Transfer, pools: Mapping[str, Sequence[str]]) -> bool:
    """Whether who gives is in every pool that is concerned; a member's own points are given by nobody else."""
    actor = asked.on_behalf_of or asked.giver
    return all(actor in members for members in pools.values()) and (
        asked.giver in pools or actor == asked.giver
    )


def _spendable(connection: sa.Connection, policy: Policy, holdings: Holdings, giver: int, today: int) -> Left:
    """What is left in the giver's account as the ledger takes it, oldest first.

    Holds take no points yet: as long as they wait, younger ones stand in for those that the transfer takes.
    """
    left = holdings.left
    if holdings.held[giver]:
        nothing_held = np.zeros_like(holdings.held)
        left = left_beside(connection, policy, holdings.accounts, nothing_held, today)
    return taken(left, (left.row == giver) & ~are_maturing(left, policy, today))


def row_of(accounts: Accounts, member_id: str) -> int:
    """The row of an account that there is."""
    return int(np.flatnonzero(accounts.member_id == member_id)[0])
