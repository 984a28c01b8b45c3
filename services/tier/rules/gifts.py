"""A level held for life, given once to a member of the same tier system (DECISIONS, Meanings 11)."""

import numpy as np

from services.kernel.calendar import Days
from services.tier.columns import NO_LEVEL, NO_SYSTEM, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.levels import is_held_for_life
from services.tier.rules.review import Decided
from services.tier.rules.staff import decide_entries, is_active, rank_held


def decide_gift_refusal(
    standings: Standings, on: Days, giver: int, recipient: int, policy: Policy, *, given_before: bool
) -> Reason:
    """Why the member of one row cannot give the level to that of another; UNSPECIFIED if nothing is against it.

    Which of both levels is higher means something only for two members who may give and receive.
    """
    both, active = standings.system[[giver, recipient]], is_active(standings, on, policy)
    rank = rank_held(standings, on, policy)
    against = {
        Reason.MEMBER_IN_NO_SYSTEM: (both == NO_SYSTEM).any(),
        Reason.TIER_SYSTEM_INACTIVE: not active[[giver, recipient]].all(),
        Reason.GIVER_MUST_BE_LIFETIME: not is_held_for_life(standings)[giver],
        Reason.STATUS_ALREADY_GIFTED: given_before,
        Reason.RECIPIENT_MUST_BE_ANOTHER: giver == recipient,
        Reason.RECIPIENT_MUST_SHARE_SYSTEM: both[0] != both[1],
        Reason.LEVEL_MUST_BE_ANOTHER: rank[recipient] >= rank[giver],
    }
    return next((reason for reason, holds in against.items() if holds), Reason.UNSPECIFIED)


def decide_gift(standings: Standings, on: Days, giver: int, recipient: int, policy: Policy) -> Decided:
    """The recipient on the giver's level, with a fresh membership year and not for life."""
    rank = np.full(len(standings), NO_LEVEL, dtype=np.int16)
    rank[recipient] = rank_held(standings, on, policy)[giver]
    return decide_entries(standings, on, rank, MoveReason.GIFTED, policy)
