"""Changing a member's record; another tier system moves the member to it (DECISIONS, Meanings 18)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER, day_date
from services.runtime.database import fetching
from services.tier.acts import Act
from services.tier.columns import Standings
from services.tier.policy import Policy
from services.tier.recording.acting import act_on
from services.tier.recording.acts import first_of
from services.tier.recording.enrolment import NO_SUCH_DAY, birth_months
from services.tier.recording.present import Present
from services.tier.refusals import Reason
from services.tier.rules.assignment import SYSTEM_UNKNOWN, decide_systems
from services.tier.rules.moves import no_moves
from services.tier.rules.review import Decided
from services.tier.rules.systems import decide_system_changes
from services.tier.store.members import update_member
from services.tier.store.standings import read_history

UPDATABLE = ("tier_system", "birthday")


@dataclass(frozen=True, slots=True)
class Update:
    """New values of a record, of which those named count; `birthday` is NEVER for none, NO_SUCH_DAY for no date."""

    fields: Sequence[str]
    tier_system: str
    birthday: int

    def values(self) -> dict[str, Any]:
        """The new values of the record's columns."""
        birthday = None if self.birthday in (NEVER, NO_SUCH_DAY) else day_date(self.birthday)
        return {
            name: value
            for name, value in (("tier_system", self.tier_system), ("birthday", birthday))
            if name in self.fields
        }


def update_of_member(
    connection: sa.Connection, policy: Policy, act: Act, update: Update, today: int
) -> Reason:
    """Changes the record of the act's member, and the member's system with the attribute; why not, if refused."""

    def decide(present: Present) -> Decided | Reason:
        refused = _refuse(update, today)
        standings = _born_anew(present.standings, update)
        if "tier_system" not in update.fields:
            return refused or Decided(standings, no_moves())
        day = present.day if len(present) else np.array([today], dtype=np.int32)
        asked = np.array([update.tier_system], dtype=object), np.array([act.member_id], dtype=object)
        systems = decide_systems(*asked, day, policy)
        leaving = (systems != standings.system) & (standings.lifetime_since != NEVER)
        reason = first_of(
            Reason.TIER_SYSTEM_UNKNOWN if systems[0] == SYSTEM_UNKNOWN else Reason.UNSPECIFIED,
            Reason.LIFETIME_MUST_NOT_END if leaving.any() else Reason.UNSPECIFIED,
            refused,
        )
        if reason or len(present) == 0:
            return reason or Reason.MEMBER_UNKNOWN
        daily = read_history(fetching(connection), standings)
        return decide_system_changes(standings, systems, day, policy, daily)

    def record(_: Present) -> None:
        update_member(connection, act.member_id, update.values())

    return act_on(connection, policy, act, [act.member_id], today, decide, record=record, note_required=False)


def _born_anew(standings: Standings, update: Update) -> Standings:
    """What was priced by another birthday, or without one, stays as it is (DECISIONS, Meanings 2)."""
    if "birthday" not in update.fields:
        return standings
    birthdays = np.full(len(standings), update.birthday, dtype=np.int32)
    return replace(standings, birth_month=birth_months(birthdays))


def _refuse(update: Update, today: int) -> Reason:
    given = update.birthday if "birthday" in update.fields else NEVER
    if given == NO_SUCH_DAY:
        return Reason.DATE_MUST_BE_VALID
    if given != NEVER and given > today:
        return Reason.DATE_MUST_NOT_BE_IN_FUTURE
    if not update.fields or not set(update.fields) <= set(UPDATABLE):
        return Reason.FIELD_NOT_UPDATABLE
    return Reason.UNSPECIFIED
