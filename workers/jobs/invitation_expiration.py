"""invitation-expiration: closes the invitations that nobody answered in time."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.columns import Mask
from services.runtime.database import Fetch
from services.tier.acts import ActKind, Invitations
from services.tier.policy import Policy
from services.tier.store.invitations import (
    count_overdue,
    expire_invitations,
    read_expired,
    read_overdue,
    read_overdue_of,
)
from workers.job import Changes, Job, Parameters, Scope
from workers.jobs.standings import policy_in_force, zone_of_program
from workers.progress import Connection


@dataclass(frozen=True, slots=True)
class OverdueInvitations:
    """Invitations that wait for an answer nobody may give any more, and the policy that names their levels."""

    invitations: Invitations
    policy: Policy


def plan_nothing(_: Connection, __: int) -> Parameters:
    """No edit of the policy concerns an invitation: its last day was fixed when it was proposed or approved."""
    return {}


def weigh_overdue(fetch: Fetch, as_of: int, _: Parameters) -> NDArray[np.int64]:
    """Overdue invitations in each shard."""
    return count_overdue(fetch, as_of)


def read_overdue_invitations(fetch: Fetch, scope: Scope, as_of: int, _: Parameters) -> OverdueInvitations:
    """The invitations overdue in a scope."""
    if scope.members is None:
        invitations = read_overdue(fetch, as_of, scope.first_shard, scope.last_shard)
    else:
        invitations = read_overdue_of(fetch, scope.members.tolist(), as_of, lock=scope.lock)
    return OverdueInvitations(invitations, policy_in_force(fetch))


def decide_expirations(rows: OverdueInvitations, _: int, __: Parameters) -> OverdueInvitations:
    """All of them: what was read is overdue (DECISIONS, Meanings 12)."""
    return rows


def changes_of_expirations(decided: OverdueInvitations) -> Changes:
    """Each expiration as a change from the level offered to nothing, on the day after the last for an answer."""
    invitations, policy = decided.invitations, decided.policy
    rungs = zip(invitations.system.tolist(), invitations.level.tolist(), strict=True)
    rows = len(invitations)
    return Changes(
        member_id=invitations.member_id,
        reason=np.full(rows, ActKind.INVITATION_EXPIRED.name, dtype=object),
        before=np.array([policy.level_code(system, level) for system, level in rungs], dtype=object),
        after=np.full(rows, "", dtype=object),
        effective_on=(invitations.expires_on + 1).astype(np.int32),
    )


def count_invitations(rows: OverdueInvitations) -> int:
    """How many members were looked at: each has one open invitation at most."""
    return len(rows.invitations)


def record_expirations(connection: Connection, decided: OverdueInvitations, run_id: str) -> Mask:
    """Closes the invitations that nobody has answered since; answers which."""
    return expire_invitations(connection, decided.invitations, run_id)


def recorded_expirations(fetch: Fetch, run_id: str, scope: Scope) -> Changes:
    """The expirations that a run recorded."""
    closed = read_expired(fetch, run_id, scope.first_shard, scope.last_shard)
    return changes_of_expirations(OverdueInvitations(closed, policy_in_force(fetch)))


INVITATION_EXPIRATION: Final[Job[OverdueInvitations, OverdueInvitations]] = Job(
    name="invitation-expiration",
    service="tier",
    time_zone=zone_of_program,
    plan=plan_nothing,
    weigh=weigh_overdue,
    read=read_overdue_invitations,
    decide=decide_expirations,
    changes=changes_of_expirations,
    members_read=count_invitations,
    record=record_expirations,
    recorded=recorded_expirations,
)
