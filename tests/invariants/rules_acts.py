"""What the rules decide on an act of staff."""

from dataclasses import replace
from datetime import date

import numpy as np

from services.kernel.calendar import NEVER, Days, day_number
from services.tier.columns import Ids, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.rules.assignment import decide_systems
from services.tier.rules.gifts import decide_gift
from services.tier.rules.moves import no_moves
from services.tier.rules.review import Decided
from services.tier.rules.staff import (
    decide_entries,
    decide_locks,
    decide_moves_by_hand,
    ladder_on,
    rank_of_code,
)
from services.tier.rules.systems import decide_departures, decide_system_changes
from services.tier.rules.window import DailyActivity
from tests.invariants.asking import lock_end
from tests.invariants.rules_world import DecideAct
from tests.invariants.steps import Acted, Born, Erased, Gifted, Invited, Locked, Moved, Relabelled


def decision_of(step: Acted, today: date, policy: Policy) -> DecideAct:
    """How the rules decide on an act that was granted."""

    def decide(standings: Standings, day: Days, daily: DailyActivity) -> Decided:
        match step:
            case Moved():
                rank = _rank_of(standings, day, step.level, policy)
                return decide_moves_by_hand(standings, day, rank, _until(step.locked_days, today), policy)
            case Locked():
                return decide_locks(standings, day, _until(step.days, today), policy)
            case Invited():
                rank = _rank_of(standings, day, step.level, policy)
                return decide_entries(standings, day, rank, MoveReason.INVITED, policy)
            case Gifted():
                return decide_gift(standings, day, 0, 1, policy)
            case Relabelled():
                names = np.array([step.tier_system], dtype=object)
                systems = decide_systems(names, standings.member_id, day, policy)
                return decide_system_changes(standings, systems, day, policy, daily)
            case Born():
                months = np.full(len(standings), step.birthday.month if step.birthday else 0, dtype=np.int16)
                return Decided(replace(standings, birth_month=months), no_moves())
            case Erased():
                everybody = np.ones(len(standings), dtype=np.bool_)
                return decide_departures(standings, everybody, day, MoveReason.ERASED, policy, daily)

    return decide


def _rank_of(standings: Standings, day: Days, level: str, policy: Policy) -> Ids:
    ladder = ladder_on(policy, int(standings.system[0]), int(day[0]))
    return np.array([rank_of_code(ladder, level)], dtype=np.int16)


def _until(days: int, today: date) -> Days:
    end = lock_end(days, today)
    return np.array([NEVER if end is None else day_number(end)], dtype=np.int32)
