"""The rules alone over columns in memory: as the service asks them, without a database, thousands of times faster."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from services.kernel.calendar import NEVER, day_number
from services.kernel.columns import occurrence_numbers, put, stacked, taken
from services.kernel.shards import shard_of
from services.tier.columns import Activities, MoveReason, Moves, Priced, Standings
from services.tier.policy import Policy
from services.tier.recording.enrolment import new_standings
from services.tier.rules.activities import decide_activities
from services.tier.rules.moves import enrolments
from services.tier.rules.settlement import Matter, settled
from services.tier.rules.window import DailyActivity, rolled
from services.tier.store.members import Members


@dataclass(frozen=True)
class DecidedMoves:
    """Moves decided together, on which standings, and the transactions that they may refer to."""

    standings: Standings
    moves: Moves
    transaction_ids: list[str]

    def transaction_of(self, row: int) -> str:
        """The transaction that caused a move; an enrolment's is the only one there is."""
        if self.moves.reason[row] == MoveReason.ENROLLED:
            return self.transaction_ids[0]
        activity = self.moves.activity[row]
        return self.transaction_ids[activity] if activity >= 0 else ""


@dataclass
class RulesWorld:
    """Standings, recorded activity and moves as columns; `policy` is replaced by whoever edits it."""

    policy: Policy
    standings: Standings | None = None
    activities: list[Activities] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    moves: list[DecidedMoves] = field(default_factory=list)

    def enrol(self, member_id: str, on: date, system: str, transaction_id: str = "") -> None:
        """A new member, perhaps by a purchase."""
        day = np.array([day_number(on)], dtype=np.int32)
        number = self.policy.system_number(system, int(day[0]))
        ids = np.array([member_id], dtype=object)
        names = np.array([system], dtype=object)
        never = np.array([NEVER], dtype=np.int32)
        nowhere = np.array([""], dtype=object)
        members = Members(shard_of([member_id]), ids, day, names, never, nowhere, never)
        new = new_standings(self.policy, members, np.array([number], dtype=np.int16))
        self.standings = new if self.standings is None else stacked([self.standings, new])
        self.moves.append(DecidedMoves(new, enrolments(new, np.array([0]), self.policy), [transaction_id]))

    def record(self, activities: Activities) -> Priced:
        """Granted activities of one batch."""
        assert self.standings is not None
        row_of = {member: row for row, member in enumerate(self.standings.member_id)}
        member_row = np.array([row_of[member] for member in activities.member_id], dtype=np.intp)
        rounds = occurrence_numbers(member_row.tolist())
        decided = decide_activities(
            self.standings, activities, member_row, rounds, self.policy, self._daily(row_of)
        )
        self.standings = decided.standings
        self.activities.append(activities)
        self.points += decided.priced.points.tolist()
        self.moves.append(DecidedMoves(decided.standings, decided.moves, activities.transaction_id.tolist()))
        return decided.priced

    def run(self, as_of: date, matter: Matter) -> None:
        """A bulk job over everybody: only those who moved are written."""
        if self.standings is None:
            return
        until = np.full(len(self.standings), day_number(as_of), dtype=np.int32)
        decided = settled(
            self.standings,
            until,
            self.policy,
            self._daily(),
            anniversaries_of_the_day=True,
            matters=matter,
        )
        rows = np.unique(decided.moves.row)
        self.standings = put(self.standings, rows, taken(decided.standings, rows))
        self.moves.append(DecidedMoves(decided.standings, decided.moves, []))

    def standing(self, member_id: str, as_of: date) -> Standings:
        """One member's standing as of a day, as a purchase of that day would find it."""
        assert self.standings is not None
        day = np.full(len(self.standings), day_number(as_of), dtype=np.int32)
        day = np.maximum(day, self.standings.evaluated_on)
        daily = self._daily()
        current = settled(self.standings, day, self.policy, daily, anniversaries_of_the_day=False)
        whole = rolled(current.standings, day, self.policy, daily)
        return taken(whole, np.flatnonzero(whole.member_id == member_id))

    def _daily(self, row_of: dict[str, int] | None = None) -> DailyActivity:
        if not self.activities or self.standings is None:
            return DailyActivity.none()
        row_of = row_of or {member: row for row, member in enumerate(self.standings.member_id)}
        whole = stacked(self.activities)
        rows = np.array([row_of[member] for member in whole.member_id], dtype=np.intp)
        points = np.array(self.points, dtype=np.int64)
        return DailyActivity.of(rows, whole.occurred_on, whole.spend, whole.visits, points)


def columns_of(items: Sequence[tuple[str, str, date, str, int, int, int]], policy: Policy) -> Activities:
    """Purchases as columns: transaction, member, day, property, base micropoints, spend, visits."""
    transaction_id, member_id, on, property_id, base, spend, visits = zip(*items, strict=True)
    days = np.array([day_number(day) for day in on], dtype=np.int32)
    return Activities(
        np.array(transaction_id, dtype=object),
        np.array(member_id, dtype=object),
        days,
        policy.property_numbers(property_id, days),
        np.array(base, dtype=np.int64),
        np.array(spend, dtype=np.int64),
        np.array(visits, dtype=np.int64),
    )
