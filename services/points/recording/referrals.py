"""Bonuses for who brought a friend: paid with the friend's first treatment, taken back with it.

DECISIONS, Meanings 30 and 32.
"""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import day_number
from services.points.columns import Pending
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.entries import NewEntry, lines_of
from services.points.rules.fixed_bonuses import decide_referral_bonus
from services.points.store import referrals as store
from services.points.store.heirs import Heir, locked_heirs
from services.points.store.lines import record_lines
from services.points.store.referrals import Referral


def pay_referrals(connection: sa.Connection, policy: Policy, posted: Pending) -> dict[str, int]:
    """Pays those who brought the members of purchases just posted; the bonuses by purchase, where there are any.

    The first purchase of a friend that has a treatment pays, in the order given. A referrer who has no bonus (off
    the ladders, on a level without one, with no room below the limit, or merged into the friend) is done with as
    well: paid 0.
    """
    first: dict[str, int] = {}
    for row in np.flatnonzero(posted.treatments > 0).tolist():
        first.setdefault(posted.member_id[row], row)
    referrals = store.lock_open(connection, first) if first else []
    if not referrals:
        return {}
    heirs = locked_heirs(connection, {each.referrer_id for each in referrals})
    bonuses: dict[str, int] = {}
    entries: list[NewEntry] = []
    for referral in referrals:
        row = first[referral.friend_id]
        paid_by, day = posted.transaction_id[row], int(posted.occurred_on[row])
        heir = heirs.get(referral.referrer_id)
        points = _bonus_of(policy, heir, day, entries) if heir and heir.member_id != referral.friend_id else 0
        store.record_paid(connection, referral, paid_by, points)
        if heir and points:
            bonuses[paid_by] = points
            entries.append(_bonus(referral, heir, points, day))
    if entries:
        record_lines(connection, lines_of(entries, policy))
    return bonuses


def take_back_referrals(
    connection: sa.Connection, policy: Policy, taken: Sequence[tuple[str, int]]
) -> dict[str, int]:
    """Takes back the bonuses that purchases paid of which no treatment is left; the points by purchase, positive.

    `taken` tells the purchases, each with the day of its refund. The next treatment of the friend pays anew, also
    where this one paid nothing: it is the first now.
    """
    day_of = dict(taken)
    referrals = store.lock_paid_by(connection, day_of) if day_of else []
    if not referrals:
        return {}
    bonuses = store.read_bonuses(connection, [_bonus_id(each, each.payments) for each in referrals])
    heirs = locked_heirs(connection, {member_id for member_id, _ in bonuses.values()})
    entries = []
    for referral in referrals:
        store.record_taken_back(connection, referral)
        if referral.points:
            member_id, lot_on = bonuses[_bonus_id(referral, referral.payments)]
            entries.append(
                NewEntry(
                    f"referral-reversal {referral.payments} {referral.friend_id}",
                    EntryKind.REFERRAL_REVERSAL,
                    heirs[member_id].member_id,
                    -referral.points,
                    occurred_on=day_of[referral.paid_by],
                    lot_on=day_number(lot_on),
                    related_id=referral.friend_id,
                )
            )
    if entries:
        record_lines(connection, lines_of(entries, policy))
    return {each.paid_by: each.points for each in referrals if each.points}


def _bonus_of(policy: Policy, heir: Heir, day: int, earlier: Sequence[NewEntry]) -> int:
    points = decide_referral_bonus(policy, day, heir.tier_system, heir.level)
    coming = sum(each.points for each in earlier if each.member_id == heir.member_id)
    return points if coming + points <= heir.earning_room else 0


def _bonus(referral: Referral, heir: Heir, points: int, day: int) -> NewEntry:
    return NewEntry(
        _bonus_id(referral, referral.payments + 1),
        EntryKind.REFERRAL_BONUS,
        heir.member_id,
        points,
        occurred_on=day,
        lot_on=day,
        related_id=referral.friend_id,
        tier_system=heir.tier_system,
        level=heir.level,
    )


def _bonus_id(referral: Referral, payment: int) -> str:
    return f"referral {payment} {referral.friend_id}"
