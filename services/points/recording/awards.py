"""Awards of the Benefits service, posted once each; those that cannot be posted yet wait.

An award waits while its member has no account, while there is no policy, and while there is no room in the account
below the limit: the feed never waits with it. Nobody will ever take an award of a member whose personal data was
erased: it is dropped here, and stays in the feed of Benefits.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
import structlog

from services.points.followed import Award
from services.points.ledger_columns import EntryKind
from services.points.policy import Policy
from services.points.recording.entries import NewEntry, lines_of
from services.points.store.awards import entry_of_award, forget_waiting, keep_waiting, lock_waiting
from services.points.store.heirs import Heir, locked_heirs
from services.points.store.lines import record_lines, record_note
from services.points.store.policies import PolicyBook

_log = structlog.get_logger(__name__)


def follow_awards(connection: sa.Connection, book: PolicyBook, awards: Sequence[Award]) -> None:
    """Posts a page of the feed as far as that is possible yet."""
    keep_waiting(connection, awards)
    policy = book.current(connection)
    if policy is not None:
        post_waiting(connection, policy, {each.member_id for each in awards})


def post_waiting(connection: sa.Connection, policy: Policy, member_ids: Collection[str]) -> None:
    """Posts what waits for these members, in the order of the awards' ids; each to the record that holds the points."""
    waiting = lock_waiting(connection, member_ids)
    if not waiting:
        return
    heirs = locked_heirs(connection, {each.member_id for each in waiting})
    room = {heir.member_id: heir.earning_room for heir in heirs.values()}
    posted, dropped = [], []
    for award in waiting:
        heir = heirs.get(award.member_id)
        if heir is None:
            continue
        if heir.erased:
            _log.warning("an award of an erased member is dropped", award_id=award.award_id)
            dropped.append(award)
        elif award.points <= room[heir.member_id]:
            room[heir.member_id] -= award.points
            posted.append(award)
    _post(connection, policy, posted, heirs)
    forget_waiting(connection, [*posted, *dropped])


def _post(connection: sa.Connection, policy: Policy, awards: Sequence[Award], heirs: dict[str, Heir]) -> None:
    if not awards:
        return
    entries = [
        NewEntry(
            entry_of_award(award.award_id),
            EntryKind.AWARD,
            heirs[award.member_id].member_id,
            award.points,
            occurred_on=award.awarded_on,
            lot_on=award.awarded_on,
            related_id=award.code,
        )
        for award in awards
    ]
    added = record_lines(connection, lines_of(entries, policy))
    for award, is_new in zip(awards, added.tolist(), strict=True):
        if is_new and (award.actor_id or award.note):
            record_note(connection, entry_of_award(award.award_id), award.actor_id, award.note)
