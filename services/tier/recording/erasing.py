"""Erasing a member's personal data while the ledgers stay whole (DECISIONS, Meanings 24)."""

from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from services.runtime.database import fetching
from services.tier.acts import Act
from services.tier.columns import MoveReason
from services.tier.policy import Policy
from services.tier.recording.acting import act_on
from services.tier.recording.present import Present
from services.tier.refusals import Reason
from services.tier.rules.review import Decided
from services.tier.rules.systems import decide_departures
from services.tier.store.leaving import blank_notes, decline_invitations
from services.tier.store.members import erase_members
from services.tier.store.merging import merges_behind
from services.tier.store.standings import forget_birth_months, read_history


def erase_member(connection: sa.Connection, policy: Policy, act: Act, today: int) -> Reason:
    """Erases what is known of the act's member, the records merged into it included; why not, if it is refused.

    Why it was erased stays; nothing that was written before does.
    """

    def decide(present: Present) -> Decided | Reason:
        daily = read_history(fetching(connection), present.standings)
        everybody = np.ones(len(present), dtype=np.bool_)
        nameless = replace(present.standings, birth_month=np.zeros(len(present), dtype=np.int16))
        return decide_departures(nameless, everybody, present.day, MoveReason.ERASED, policy, daily)

    def record(present: Present) -> None:
        given_up = [merge.source_member_id for merge in merges_behind(connection, act.member_id)]
        same_person = [act.member_id, *given_up]
        on = int(present.day[0])
        erase_members(connection, same_person, on)
        forget_birth_months(connection, given_up)
        decline_invitations(connection, act, act.member_id, on)
        blank_notes(connection, same_person, but=act.request_id)

    return act_on(connection, policy, act, [act.member_id], today, decide, record=record)
