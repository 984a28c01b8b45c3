"""What staff decide for a member: moves by hand, locks, and levels that are offered or given."""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, next_anniversary
from services.kernel.columns import overlaid
from services.tier.columns import NO_LEVEL, NO_SYSTEM, Ids, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.policy_document import Level, Maintenance
from services.tier.refusals import Reason
from services.tier.rules.levels import entered, is_held_for_life
from services.tier.rules.moves import moves_between
from services.tier.rules.review import Decided


def ladder_on(policy: Policy, system: int, day: int) -> tuple[Level, ...]:
    """The levels of a system as a day's policy has them, lowest first; none of no system."""
    if system == NO_SYSTEM:
        return ()
    external_id = policy.system_ids[system]
    systems = policy.document_on(day).systems
    return next((item.levels for item in systems if item.external_id == external_id), ())


def rank_of_code(ladder: tuple[Level, ...], code: str) -> int:
    """The rank of a level; NO_LEVEL where the ladder has none of this code."""
    return next((rank for rank, level in enumerate(ladder) if level.code == code), NO_LEVEL)


def rank_held(standings: Standings, on: Days, policy: Policy) -> Ids:
    """The rank of the level that each member holds, by the policy of the day."""
    ranks: Ids = policy.ladders.rank_of[policy.revision_on(on), standings.system, standings.level]
    return ranks


def is_active(standings: Standings, on: Days, policy: Policy) -> NDArray[np.bool_]:
    """Where the member's system is active on the day; what that says of members in no system means nothing."""
    active: NDArray[np.bool_] = policy.ladders.active[policy.revision_on(on), standings.system]
    return active


def decide_move_refusals(
    standings: Standings, on: Days, rank: Ids, locked_until: Days, policy: Policy
) -> Ids:
    """Why members cannot be moved to a rank by hand (DECISIONS, Meanings 22); NO_LEVEL is a rank that there is not."""
    in_system, held = standings.system != NO_SYSTEM, rank_held(standings, on, policy)
    return np.select(
        [
            in_system & (rank == NO_LEVEL),
            ~in_system,
            ~is_active(standings, on, policy),
            rank == held,
            locked_until <= on,
            is_held_for_life(standings),
        ],
        [
            Reason.LEVEL_UNKNOWN,
            Reason.MEMBER_IN_NO_SYSTEM,
            Reason.TIER_SYSTEM_INACTIVE,
            Reason.LEVEL_MUST_BE_ANOTHER,
            Reason.LOCK_MUST_END_LATER,
            Reason.LIFETIME_MUST_NOT_END,
        ],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def decide_moves_by_hand(
    standings: Standings, on: Days, rank: Ids, locked_until: Days, policy: Policy
) -> Decided:
    """Members moved to a rank, with the lock that comes with it or none.

    A lock that comes with a move down also stops promotions (DECISIONS, Meanings 22).
    """
    down = rank < rank_held(standings, on, policy)
    everybody = np.ones(len(standings), dtype=np.bool_)
    after = entered(standings, everybody, rank, on, policy)
    after = overlaid(
        after, everybody, kept_until=locked_until, held_until=np.where(down, locked_until, NEVER)
    )
    return _decided(standings, after, on, MoveReason.MOVED_BY_STAFF, policy)


def decide_lock_refusals(standings: Standings, on: Days, locked_until: Days) -> Ids:
    """Why the levels of members cannot be locked until a day; NEVER lifts the lock."""
    return np.select(
        [standings.system == NO_SYSTEM, locked_until <= on],
        [Reason.MEMBER_IN_NO_SYSTEM, Reason.LOCK_MUST_END_LATER],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def decide_locks(standings: Standings, on: Days, locked_until: Days, policy: Policy) -> Decided:
    """Members with their level locked until a day, or (NEVER) with every lock lifted.

    What stops promotions for longer than today goes on doing so while there is a lock. What the lock before passed
    over stays so, and grace that waited for its end waits no longer (DECISIONS, Meanings 22).
    """
    lifted = locked_until == NEVER
    after = overlaid(
        _without_reviews_passed_over(standings, on, policy),
        np.ones(len(standings), dtype=np.bool_),
        kept_until=locked_until,
        held_until=np.where(
            (standings.held_until != NEVER) & (standings.held_until > on), locked_until, NEVER
        ),
    )
    waited = lifted & (standings.kept_until != NEVER) & (standings.grace_until != NEVER)
    after = overlaid(after, waited, grace_until=np.maximum(standings.grace_until, on))
    return _decided(standings, after, on, MoveReason.LOCKED, policy)


def _without_reviews_passed_over(standings: Standings, on: Days, policy: Policy) -> Standings:
    locked_until = np.minimum(standings.kept_until, on)
    maintenance = policy.ladders.maintenance[policy.revision_on(on), standings.system]
    passed = (standings.kept_until != NEVER) & (maintenance != Maintenance.CONTINUOUS)
    passed &= standings.review_on < locked_until
    following = next_anniversary(standings.level_since, (locked_until - 1).astype(np.int32))
    return overlaid(standings, passed, review_on=following)


def decide_entry_refusals(standings: Standings, on: Days, rank: Ids, policy: Policy) -> Ids:
    """Why a rank cannot be offered or given to members: it must lie above the one held."""
    in_system = standings.system != NO_SYSTEM
    return np.select(
        [
            in_system & (rank == NO_LEVEL),
            ~in_system,
            ~is_active(standings, on, policy),
            rank <= rank_held(standings, on, policy),
        ],
        [
            Reason.LEVEL_UNKNOWN,
            Reason.MEMBER_IN_NO_SYSTEM,
            Reason.TIER_SYSTEM_INACTIVE,
            Reason.LEVEL_MUST_BE_ANOTHER,
        ],
        Reason.UNSPECIFIED,
    ).astype(np.int16)


def decide_entries(standings: Standings, on: Days, rank: Ids, reason: MoveReason, policy: Policy) -> Decided:
    """Members on the higher rank that was offered or given to them; locks stay (DECISIONS, Meanings 11 and 12).

    NO_LEVEL is the rank of those to whom none is.
    """
    entering = rank != NO_LEVEL
    after = entered(standings, entering, np.maximum(rank, 0).astype(np.int16), on, policy)
    return _decided(standings, after, on, reason, policy, entering)


def _decided(
    before: Standings,
    after: Standings,
    on: Days,
    reason: MoveReason,
    policy: Policy,
    changed: NDArray[np.bool_] | None = None,
) -> Decided:
    rows = np.ones(len(before), dtype=np.bool_) if changed is None else changed
    reasons = np.full(len(before), reason, dtype=np.int16)
    return Decided(after, moves_between(before, after, rows, on, reasons, policy))
