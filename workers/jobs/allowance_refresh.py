"""allowance-refresh: opens what members' levels are owed in the period around a day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.benefits.columns import Allowances, Holders, Openings
from services.benefits.policy import AllowanceRules, compiled, ladders_owed
from services.benefits.rules.opening import decide_openings
from services.benefits.store.allowances import read_allowances, read_allowances_of, record_openings
from services.benefits.store.holders import count_holders_by_shard, read_holders, read_holders_of
from services.benefits.store.policies import read_policies
from services.benefits.tables import ALLOWANCE
from services.kernel.shards import shard_of
from services.runtime.database import Fetch, fetching
from workers.job import Changes, Job, Parameters, PolicyRequired, Scope, Texts
from workers.progress import Connection

OPENED: Final = "ALLOWANCE_OPENED"


@dataclass(frozen=True, slots=True)
class HeldLevels:
    """Who holds a level that is owed anything, what of it is open already, and the rules."""

    holders: Holders
    opened: Allowances
    rules: AllowanceRules


def zone_of_program(connection: Connection) -> str:
    """The program's time zone. Raises PolicyRequired."""
    program = read_policies(fetching(connection)).program
    if program is None:
        raise PolicyRequired
    return program.time_zone


def plan_refresh(connection: Connection, as_of: int) -> Parameters:
    """How many revisions of the policy there are: one that is applied later does not concern the run."""
    policies = read_policies(fetching(connection))
    return {"revisions": policies.latest_number, "empty": not ladders_owed(policies.rules, as_of)}


def weigh_holders(fetch: Fetch, _: int, __: Parameters) -> NDArray[np.int64]:
    """Members who hold a level, in each shard."""
    return count_holders_by_shard(fetch)


def read_held_levels(fetch: Fetch, scope: Scope, as_of: int, parameters: Parameters) -> HeldLevels:
    """Holders, and the allowances of the periods around the day."""
    rules = compiled(read_policies(fetch).revisions[: parameters["revisions"]]).rules
    if scope.members is None:
        holders = read_holders(fetch, scope.first_shard, scope.last_shard, ladders_owed(rules, as_of))
        opened = read_allowances(fetch, scope.first_shard, scope.last_shard, as_of)
        return HeldLevels(holders, opened, rules)
    members = scope.members.tolist()
    holders = read_holders_of(fetch, members, lock=scope.lock)
    days = np.full(len(members), as_of, dtype=np.int32)
    return HeldLevels(holders, read_allowances_of(fetch, shard_of(members), scope.members, days), rules)


def decide_refresh(rows: HeldLevels, as_of: int, _: Parameters) -> Openings:
    """What is owed as of the day and not open (DECISIONS, Meanings 15)."""
    days = np.full(len(rows.holders), as_of, dtype=np.int32)
    return decide_openings(rows.holders, days, rows.opened, rows.rules)


def changes_of_openings(openings: Openings) -> Changes:
    """The openings as changes from nothing to an allowance."""
    return _changes(openings.member_id, openings.code, openings.opened_on)


def count_holders(rows: HeldLevels) -> int:
    """How many members were looked at."""
    return len(rows.holders)


def recorded_openings(fetch: Fetch, run_id: str, scope: Scope) -> Changes:
    """The allowances that a run opened."""
    allowance = ALLOWANCE.c
    of_run = ALLOWANCE.select().where(
        allowance.opened_by == run_id, allowance.shard.between(scope.first_shard, scope.last_shard)
    )
    found = fetch(of_run)
    return _changes(found["member_id"], found["code"], found["opened_on"])


def _changes(member_id: Texts, code: Texts, opened_on: NDArray[np.int32]) -> Changes:
    rows = len(code)
    return Changes(
        member_id=member_id,
        reason=np.full(rows, OPENED, dtype=object),
        before=np.full(rows, "", dtype=object),
        after=code,
        effective_on=opened_on,
    )


ALLOWANCE_REFRESH: Final[Job[HeldLevels, Openings]] = Job(
    name="allowance-refresh",
    service="benefits",
    time_zone=zone_of_program,
    plan=plan_refresh,
    weigh=weigh_holders,
    read=read_held_levels,
    decide=decide_refresh,
    changes=changes_of_openings,
    members_read=count_holders,
    record=record_openings,
    recorded=recorded_openings,
)
