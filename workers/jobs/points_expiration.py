"""points-expiration: takes the points that expired up to a day, the oldest first."""

from datetime import datetime, time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, day_date
from services.points.policy import Policy
from services.points.recording.expirations import Expired, Expiring, record_expirations
from services.points.rules.availability import are_maturing
from services.points.rules.expiry import decide_expirations, expiry_of, overdue_by
from services.points.rules.lots import left_of, running_before
from services.points.store.expiring import count_overdue, read_expired, read_overdue, read_overdue_of
from services.points.store.policies import read_policy
from services.runtime.database import Fetch, fetching
from workers.job import Amounts, Changes, Job, Parameters, PolicyRequired, Scope, Texts
from workers.progress import Connection

EXPIRED: Final = "POINTS_EXPIRED"


def zone_of_program(connection: Connection) -> str:
    """The program's time zone. Raises PolicyRequired."""
    return _policy(fetching(connection)).program.time_zone


def plan_expiration(connection: Connection, as_of: int) -> Parameters:
    """The revisions to go by; there is nothing to look at where none has let points expire."""
    policy = _policy(fetching(connection))
    return {"revisions": len(policy.documents), "empty": not overdue_by(policy, as_of)}


def weigh_overdue(fetch: Fetch, as_of: int, parameters: Parameters) -> NDArray[np.int64]:
    """Accounts in each shard whose oldest points may have expired."""
    return count_overdue(fetch, overdue_by(_policy(fetch, parameters), as_of))


def read_expiring(fetch: Fetch, scope: Scope, as_of: int, parameters: Parameters) -> Expiring:
    """Those accounts with their lots.

    Points are held by authorisations that had not expired when the day of the run began: that instant is the same
    for a preview, a run and a resumed one, and never after the present, so that no hold under way is overlooked. Of
    a hold that ended during the day, the points wait for the next day's run, and expire as of their own day then.
    """
    policy = _policy(fetch, parameters)
    overdue = overdue_by(policy, as_of)
    held_at = datetime.combine(day_date(as_of), time(), policy.zone)
    if scope.members is None:
        read, lots = read_overdue(fetch, overdue, held_at, scope.first_shard, scope.last_shard)
    else:
        read, lots = read_overdue_of(fetch, overdue, held_at, scope.members)
    return Expiring(read, lots, held_at, policy)


def decide_expired(rows: Expiring, as_of: int, _: Parameters) -> Expired:
    """What has expired by the day, each as of its own day (DECISIONS, Meanings 27)."""
    accounts, policy = rows.read.accounts, rows.policy
    left = left_of(rows.lots, rows.read.held, are_maturing(rows.lots, policy, as_of))
    days = np.full(len(accounts), as_of, dtype=np.int32)
    stays = expiry_of(left, accounts.active_on, policy) > as_of
    oldest_on = np.full(len(accounts), NEVER, dtype=np.int32)
    np.minimum.at(oldest_on, left.row[stays], left.lot_on[stays])
    return Expired(rows, decide_expirations(accounts, left, policy, days), oldest_on)


def changes_of_expirations(expired: Expired) -> Changes:
    """Each member and day of expiry as a change of the balance."""
    accounts, expirations = expired.expiring.read.accounts, expired.expirations
    row = expirations.row
    balance = accounts.balance[row] - running_before(expirations.points, row) - expirations.points
    return _changes(accounts.member_id[row], expirations.expired_on, expirations.points, balance)


def count_accounts(rows: Expiring) -> int:
    """How many accounts were looked at."""
    return len(rows.read.accounts)


def recorded_expirations(fetch: Fetch, run_id: str, scope: Scope) -> Changes:
    """The expirations that a run recorded, with the balances that a statement tells."""
    found = read_expired(fetch, run_id, scope.first_shard, scope.last_shard)
    return _changes(found.member_id, found.expired_on, found.points, found.balance)


def _policy(fetch: Fetch, parameters: Parameters | None = None) -> Policy:
    policy = read_policy(fetch, parameters["revisions"] if parameters else None)
    if policy is None:
        raise PolicyRequired
    return policy


def _changes(member_id: Texts, expired_on: NDArray[np.int32], points: Amounts, balance: Amounts) -> Changes:
    nothing = np.full(len(points), "", dtype=object)
    return Changes(
        member_id=member_id,
        reason=np.full(len(points), EXPIRED, dtype=object),
        before=nothing,
        after=nothing,
        effective_on=expired_on,
        points_before=balance + points,
        points_after=balance,
    )


POINTS_EXPIRATION: Final[Job[Expiring, Expired]] = Job(
    name="points-expiration",
    service="points",
    time_zone=zone_of_program,
    plan=plan_expiration,
    weigh=weigh_overdue,
    read=read_expiring,
    decide=decide_expired,
    changes=changes_of_expirations,
    members_read=count_accounts,
    record=record_expirations,
    recorded=recorded_expirations,
)
