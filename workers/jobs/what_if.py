"""what-if: a changed policy over the live membership, as if it were in force from today on. Only ever previewed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.program import Program
from services.runtime.database import Fetch, fetching
from services.tier.policy_document import TierPolicy
from services.tier.rules.evaluation import decide_evaluation
from services.tier.rules.policy import decide_policy_violations
from services.tier.rules.revisions import lasting_term_on
from services.tier.store.due import count_due, in_a_system, read_due, read_leaving
from services.tier.store.policies import documents_of, read_changed_policy
from services.tier.store.revisions import read_kept
from workers.job import Inquiry, Parameters, Scope
from workers.jobs.proposals import proposal, proposed
from workers.jobs.standings import (
    DueStandings,
    SettledStandings,
    changes_of_moves,
    count_rows,
    policy_in_force,
    zone_of_program,
)
from workers.progress import Connection


def plan_what_if(
    connection: Connection, today: int, program: Program, policy: TierPolicy, everyone: bool
) -> Parameters:
    """The changed policy, and whether everybody is reviewed by it. Refuses one that could not be applied."""
    stored = policy_in_force(fetching(connection))
    kept = read_kept(connection)
    lasting = kept[lasting_term_on([each.term for each in kept], today).number - 1]
    mistakes = decide_policy_violations(program, policy, stored.program, documents_of(lasting.stored)[1])
    return {**proposal(stored, program, policy, mistakes), "everyone": everyone}


def weigh_everybody(fetch: Fetch, _: int, __: Parameters) -> NDArray[np.int64]:
    """Members of tier systems in each shard."""
    return count_due(fetch, in_a_system())


def read_everybody(fetch: Fetch, scope: Scope, today: int, parameters: Parameters) -> DueStandings:
    """The standings of everybody in a system, with what leaves or enters the windows of the changed policy."""
    _, changed = proposed(parameters)
    policy = read_changed_policy(fetch, parameters["revisions"], changed, today)
    everybody, shards = in_a_system(), (scope.first_shard, scope.last_shard)
    standings = read_due(fetch, everybody, *shards)
    daily = read_leaving(fetch, policy, standings, everybody, today, *shards)
    return DueStandings(standings, daily, policy)


def decide_what_if(rows: DueStandings, today: int, parameters: Parameters) -> SettledStandings:
    """What tier-evaluation would do today, and with `everyone` what a review of everybody would."""
    decided = decide_evaluation(
        rows.standings, today, rows.policy, rows.daily, everyone_reviewed=parameters["everyone"]
    )
    return SettledStandings(decided.standings, decided.moves, rows.policy)


WHAT_IF: Final[Inquiry[DueStandings, SettledStandings]] = Inquiry(
    name="what-if",
    service="tier",
    time_zone=zone_of_program,
    weigh=weigh_everybody,
    read=read_everybody,
    decide=decide_what_if,
    changes=changes_of_moves,
    members_read=count_rows,
)
