"""Bonuses for levels that an anniversary review renewed (DECISIONS, Meanings 33)."""

from collections.abc import Sequence

import sqlalchemy as sa
import structlog

from services.kernel.calendar import day_date
from services.points.followed import FollowedMove
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.entries import NewEntry, lines_of
from services.points.rules.fixed_bonuses import decide_renewal_bonus
from services.points.store.heirs import locked_heirs
from services.points.store.lines import record_lines

_log = structlog.get_logger(__name__)


def pay_renewals(connection: sa.Connection, policy: Policy, renewals: Sequence[FollowedMove]) -> None:
    """Pays members whose level was renewed, by the policy of that day; each renewal once for ever.

    Nobody is paid in whose account there is no room below the limit, nor who was erased meanwhile.
    """
    bonuses = {
        each.sequence: decide_renewal_bonus(policy, each.effective_on, each.to_system, each.to_level)
        for each in renewals
    }
    paid = [each for each in renewals if bonuses[each.sequence]]
    heirs = locked_heirs(connection, {each.member_id for each in paid}) if paid else {}
    room = {heir.member_id: 0 if heir.erased else heir.earning_room for heir in heirs.values()}
    entries = []
    for renewal in paid:
        points, heir = bonuses[renewal.sequence], heirs[renewal.member_id].member_id
        if points > room[heir]:
            _log.warning("a renewal is not paid", member_id=renewal.member_id, sequence=renewal.sequence)
            continue
        room[heir] -= points
        entries.append(
            NewEntry(
                f"renewal {day_date(renewal.effective_on).isoformat()} {renewal.member_id}",
                EntryKind.RENEWAL_BONUS,
                heir,
                points,
                occurred_on=renewal.effective_on,
                lot_on=renewal.effective_on,
                tier_system=renewal.to_system,
                level=renewal.to_level,
            )
        )
    if entries:
        record_lines(connection, lines_of(entries, policy))
