"""replay: one recorded history through two tier systems of a policy, member by member. Only ever previewed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.columns import Index, taken
from services.kernel.program import Program
from services.runtime.database import Fetch, fetching
from services.runtime.revisions import SINCE_EVER
from services.tier.columns import NO_PROPERTY, Activities, Amounts, Ids
from services.tier.policy import Policy
from services.tier.policy_arrays import compiled
from services.tier.policy_document import TierPolicy
from services.tier.recording.enrolment import new_standings
from services.tier.rules.policy import decide_policy_violations
from services.tier.rules.replaying import Replayed, decide_replay, since_ever
from services.tier.store.members import Members
from services.tier.store.replaying import read_histories, weigh_histories
from workers.job import Changes, Inquiry, Parameters, Scope, Texts
from workers.jobs.proposals import proposal, proposed
from workers.jobs.standings import policy_in_force, zone_of_program
from workers.progress import Connection
from workers.refusals import Reason, RunRefused

REPLAYED: Final = "REPLAYED"


@dataclass(frozen=True, slots=True)
class Histories:
    """Members, their activity in order of its days with the row of its member, and the policy to replay it by."""

    members: Members
    activities: Activities
    member_row: Index
    policy: Policy


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of each member in either system."""

    member_id: Texts
    levels: tuple[Texts, Texts]
    points: tuple[Amounts, Amounts]
    as_of: Days


def plan_replay(
    connection: Connection, _: int, program: Program, policy: TierPolicy, systems: tuple[str, str]
) -> Parameters:
    """The policy and both systems. Refuses a policy with mistakes, and systems that it does not have."""
    stored = policy_in_force(fetching(connection))
    parameters = proposal(stored, program, policy, decide_policy_violations(program, policy, stored.program))
    for name in systems:
        if name not in [system.external_id for system in policy.systems]:
            text = f"the policy has no tier system of the external id {name!r}"
            raise RunRefused(Reason.TIER_SYSTEM_UNKNOWN, text, {"tier_system": name})
    return {**parameters, "systems": list(systems)}


def weigh_members(fetch: Fetch, _: int, __: Parameters) -> NDArray[np.int64]:
    """Members in each shard, by the length of their history."""
    return weigh_histories(fetch)


def read_members_history(fetch: Fetch, scope: Scope, as_of: int, parameters: Parameters) -> Histories:
    """Everybody's history; what was bought in a property that the policy does not have, in none."""
    program, document = proposed(parameters)
    policy = compiled(program, [(1, SINCE_EVER, since_ever(document))])
    members, activities = read_histories(fetch, scope.first_shard, scope.last_shard, as_of)
    row_of = {member: row for row, member in enumerate(members.member_id.tolist())}
    member_row = np.array([row_of.get(name, -1) for name in activities.member_id.tolist()], dtype=np.intp)
    # Who joined or was merged between both reads is left out.
    activities, member_row = taken(activities, member_row >= 0), member_row[member_row >= 0]
    stored = policy_in_force(fetch, parameters["revisions"])
    renumbered = _renumbered(activities.property, stored.property_ids, policy.property_ids)
    return Histories(
        _begun_by_then(members, activities, member_row),
        replace(activities, property=renumbered),
        member_row,
        policy,
    )


def decide_comparison(rows: Histories, as_of: int, parameters: Parameters) -> Compared:
    """Both replays."""
    numbers = [rows.policy.system_ids.index(name) for name in parameters["systems"]]
    in_a, in_b = (_replayed_in(number, rows, as_of) for number in numbers)
    return Compared(
        rows.members.member_id,
        (_codes(in_a, rows.policy), _codes(in_b, rows.policy)),
        (in_a.points, in_b.points),
        np.full(len(rows.members), as_of, dtype=np.int32),
    )


def changes_of_comparison(compared: Compared) -> Changes:
    """Everybody: from the level in the one system to that in the other."""
    return Changes(
        compared.member_id,
        np.full(len(compared.member_id), REPLAYED, dtype=object),
        *compared.levels,
        compared.as_of,
        *compared.points,
    )


def count_members(rows: Histories) -> int:
    """How many members were looked at."""
    return len(rows.members)


def _begun_by_then(members: Members, activities: Activities, member_row: Index) -> Members:
    """Members as of their first activity, which may have been merged in from a record enrolled earlier."""
    enrolled_on = members.enrolled_on.copy()
    np.minimum.at(enrolled_on, member_row, activities.occurred_on)
    return replace(members, enrolled_on=enrolled_on)


def _replayed_in(system: int, rows: Histories, as_of: int) -> Replayed:
    systems = np.full(len(rows.members), system, dtype=np.int16)
    begun = new_standings(rows.policy, rows.members, systems)
    return decide_replay(begun, rows.activities, rows.member_row, rows.policy, as_of)


def _renumbered(properties: Ids, before: Sequence[str], now: Sequence[str]) -> Ids:
    """Properties by their numbers in another policy; the last one stands for NO_PROPERTY."""
    number_of = {name: number for number, name in enumerate(now)}
    numbers = np.array([*(number_of.get(name, NO_PROPERTY) for name in before), NO_PROPERTY], dtype=np.int16)
    renumbered: Ids = numbers[properties]
    return renumbered


def _codes(replayed: Replayed, policy: Policy) -> Texts:
    rungs = zip(replayed.standings.system.tolist(), replayed.standings.level.tolist(), strict=True)
    return np.array([policy.level_code(system, level) for system, level in rungs], dtype=object)


REPLAY: Final[Inquiry[Histories, Compared]] = Inquiry(
    name="replay",
    service="tier",
    time_zone=zone_of_program,
    weigh=weigh_members,
    read=read_members_history,
    decide=decide_comparison,
    changes=changes_of_comparison,
    members_read=count_members,
)
