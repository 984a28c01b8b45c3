"""What becomes of activities before anything is decided of them: misuse, repetition, and who is gone."""

from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.columns import Mask, put, taken
from services.kernel.program import is_code
from services.tier.columns import NO_SYSTEM, Activities, Ids, Priced, Standings, Texts
from services.tier.policy import Policy
from services.tier.recording.enrolment import decide_gone
from services.tier.refusals import Reason
from services.tier.rules.activities import decide_refusals
from services.tier.store import activities as store
from services.tier.store.members import read_members


@dataclass(frozen=True, slots=True)
class ActivityAnswers:
    """What became of each activity; `priced` and `system` hold where `reason` is 0."""

    reason: Ids
    priced: Priced
    system: Ids
    replayed: NDArray[np.bool_]

    @staticmethod
    def unpriced(reason: Ids) -> "ActivityAnswers":
        """Refused ones, and those still to be decided."""
        count = len(reason)
        nowhere = np.full(count, NO_SYSTEM, dtype=np.int16)
        return ActivityAnswers(reason, Priced.blank(count), nowhere, np.zeros(count, dtype=np.bool_))


def decide_id_refusals(activities: Activities) -> Ids:
    """Which activities bear ids that nobody and nothing can have."""
    printable = [
        np.array([is_code(name) for name in names], dtype=np.bool_)
        for names in (activities.member_id, activities.transaction_id)
    ]
    return np.select(
        [~printable[0], ~printable[1]],
        [Reason.MEMBER_ID_MUST_BE_PRINTABLE, Reason.TRANSACTION_ID_MUST_BE_PRINTABLE],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def first_answers(connection: sa.Connection, activities: Activities) -> ActivityAnswers:
    """The answers of those recorded before; a reused id is refused."""
    answers = ActivityAnswers.unpriced(np.zeros(len(activities), dtype=np.int16))
    known = store.read_activities(connection, activities.transaction_id.tolist())
    if len(known.activities) == 0:
        return answers
    row_of = rows_by_name(known.activities.transaction_id)
    found = np.array(
        [row_of.get(transaction, -1) for transaction in activities.transaction_id], dtype=np.intp
    )
    rows = np.flatnonzero(found >= 0)
    first_told = replace(known.activities, member_id=known.recorded_for)
    alike = _same_payload(taken(activities, rows), taken(first_told, found[rows]))
    answers.reason[rows[~alike]] = Reason.TRANSACTION_ID_REUSED
    replays, first = rows[alike], found[rows[alike]]
    priced = put(answers.priced, replays, taken(known.priced, first))
    answers.system[replays] = known.system[first]
    answers.replayed[replays] = True
    return replace(answers, priced=priced)


def decide_data_refusals(
    activities: Activities, standings: Standings, policy: Policy, today: int
) -> tuple[Ids, Mask]:
    """Why each activity is refused, and which are of ids that become members by their first purchase."""
    row_of = rows_by_name(standings.member_id)
    row = np.array([row_of.get(member, -1) for member in activities.member_id], dtype=np.intp)
    known = row >= 0
    newcomers: Mask = ~known & policy.enrols_on_first_purchase(activities.occurred_on)
    enrolled_on = activities.occurred_on.copy()
    enrolled_on[known] = standings.enrolled_on[row[known]]
    return decide_refusals(activities, enrolled_on, known | newcomers, today), newcomers


def decide_gone_refusals(connection: sa.Connection, standings: Standings, activities: Activities) -> Ids:
    """Which activities are of members merged away or erased; only who is in no system can be."""
    outside = standings.member_id[standings.system == NO_SYSTEM]
    if len(outside) == 0:
        return np.zeros(len(activities), dtype=np.int16)
    members = read_members(connection, outside.tolist())
    gone = dict(zip(members.member_id.tolist(), decide_gone(members).tolist(), strict=True))
    return np.array([gone.get(member, 0) for member in activities.member_id], dtype=np.int16)


def first_refusals(refused: Ids, reused: Ids, gone: Ids, replayed: Mask) -> Ids:
    """By precedence of Reason; what was recorded before is never refused."""
    refusals = np.select([replayed, refused != 0, reused != 0], [Reason.UNSPECIFIED, refused, reused], gone)
    return refusals.astype(np.int16)


def rows_by_name(names: Texts) -> dict[str, int]:
    """The row of each name."""
    return {name: row for row, name in enumerate(names.tolist())}


def _same_payload(given: Activities, recorded: Activities) -> Mask:
    same: Mask = (given.member_id == recorded.member_id).astype(np.bool_)
    for name in ("occurred_on", "property", "base_micropoints", "package_micropoints", "spend", "visits"):
        same &= getattr(given, name) == getattr(recorded, name)
    return same
