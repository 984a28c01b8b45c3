"""Who brought whom, written down before the friend's first treatment, once (DECISIONS, Meanings 32)."""

from dataclasses import dataclass

import sqlalchemy as sa

from services.kernel.calendar import day_date
from services.points.recording.denial import Denial
from services.points.refusals import Reason
from services.points.rules.holders import decide_holder_refusals
from services.points.store import referrals as store
from services.points.store.accounts import read_accounts
from services.points.store.heirs import locked_heirs
from services.points.store.merging import read_families
from services.points.store.referrals import Referral


@dataclass(frozen=True, slots=True)
class Referred:
    """A referral, and whether it had been recorded before."""

    referral: Referral
    replayed: bool


def refer(connection: sa.Connection, friend_id: str, referrer_id: str, today: int) -> Referred | Denial:
    """Records that a member brought another, who need not have an account yet."""
    locked_heirs(connection, {friend_id, referrer_id})
    known = store.read_referral(connection, friend_id)
    if known is not None and known.referrer_id == referrer_id:
        return Referred(known, replayed=True)
    reason = _refused(connection, friend_id, referrer_id, exists=known is not None)
    if reason:
        return Denial(reason)
    if not store.record_referral(connection, friend_id, referrer_id, day_date(today)):
        return Denial(Reason.REFERRAL_EXISTS)
    return Referred(Referral(friend_id, referrer_id, day_date(today), "", 0, 0), replayed=False)


def _refused(connection: sa.Connection, friend_id: str, referrer_id: str, *, exists: bool) -> Reason:
    """The first reason in the order of their numbers.

    Both are locked, so that two who name each other at once are not both granted.
    """
    accounts = read_accounts(connection, sorted({friend_id, referrer_id}), lock=True)
    friend, referrer = decide_holder_refusals(accounts, [friend_id, referrer_id]).tolist()
    gone = [reason for reason in (friend, referrer) if reason not in (0, Reason.MEMBER_UNKNOWN)]
    if gone:
        return Reason(min(gone))
    brought = store.read_referral(connection, referrer_id)
    if friend_id == referrer_id or (brought is not None and brought.referrer_id == friend_id):
        return Reason.REFERRAL_MUST_BE_OF_ANOTHER
    if exists:
        return Reason.REFERRAL_EXISTS
    if store.had_treatment(connection, list(read_families(connection, [friend_id]))):
        return Reason.REFERRAL_TOO_LATE
    return Reason.REFERRER_UNKNOWN if referrer == Reason.MEMBER_UNKNOWN else Reason.UNSPECIFIED
