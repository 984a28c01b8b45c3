"""The rules alone over columns in memory: as the service asks them, without a database, thousands of times faster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from services.kernel.calendar import NEVER, Days, day_number
from services.kernel.columns import occurrence_numbers, put, stacked, taken
from services.kernel.shards import shard_of
from services.tier.columns import Activities, MoveReason, Moves, Priced, Standings
from services.tier.policy import Policy
from services.tier.recording.enrolment import new_standings
from services.tier.rules.activities import decide_activities
from services.tier.rules.assignment import decide_systems
from services.tier.rules.evaluation import decide_evaluation
from services.tier.rules.moves import enrolments
from services.tier.rules.retracing import NOWHERE, retraced
from services.tier.rules.reversals import Reversals, TakenBack, decide_reversals
from services.tier.rules.review import Decided
from services.tier.rules.rolling import decide_rolls
from services.tier.rules.settlement import Matter, settled
from services.tier.rules.touchpoints import decide_touchpoints
from services.tier.rules.window import DailyActivity, rolled
from services.tier.store.members import Members
from tests.invariants.day_book import DayBook
from tests.reference.reversals import Reversal
from workers.jobs.tier_assignment import Misplaced, decide_assignment

MATTERS = {
    "tier-review": Matter.REVIEWS,
    "grace-expiration": Matter.GRACE,
    "tenure": Matter.TENURE,
    "inactivity": Matter.INACTIVITY,
}
DecideAct = Callable[[Standings, Days, DailyActivity], Decided]


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
    book: DayBook = field(default_factory=DayBook)
    moves: list[DecidedMoves] = field(default_factory=list)

    def enrol(
        self, member_id: str, on: date, system: str, birthday: date | None, transaction_id: str = ""
    ) -> None:
        """A new member, perhaps by a purchase."""
        day = np.array([day_number(on)], dtype=np.int32)
        ids = np.array([member_id], dtype=object)
        names = np.array([system], dtype=object)
        never = np.array([NEVER], dtype=np.int32)
        nowhere = np.array([""], dtype=object)
        born = never if birthday is None else np.array([day_number(birthday)], dtype=np.int32)
        members = Members(shard_of([member_id]), ids, day, names, born, nowhere, never)
        new = new_standings(self.policy, members, decide_systems(names, ids, day, self.policy))
        self.standings = new if self.standings is None else stacked([self.standings, new])
        self.moves.append(DecidedMoves(new, enrolments(new, np.array([0]), self.policy), [transaction_id]))

    def record(self, activities: Activities) -> Priced:
        """Granted activities of one batch."""
        standings, row_of = self._all(), self._row_of()
        member_row = np.array([row_of[member] for member in activities.member_id], dtype=np.intp)
        rounds = occurrence_numbers(member_row.tolist())
        decided = decide_activities(
            standings, activities, member_row, rounds, self.policy, self.book.daily(row_of)
        )
        self.standings = decided.standings
        self.book.add(activities, decided.priced)
        self._tell(decided.standings, decided.moves, activities.transaction_id.tolist())
        return decided.priced

    def reverse(self, reversal: Reversals) -> TakenBack:
        """One granted reversal."""
        standings, row_of = self._all(), self._row_of()
        left = self.book.left(str(reversal.transaction_id[0]))
        first = np.zeros(1, dtype=np.intp)
        member_row = np.array([row_of[left.member_id[0]]], dtype=np.intp)
        footings = retraced([NOWHERE] * len(standings), self._history(row_of), self.policy)
        daily = self.book.daily(row_of)
        decided = decide_reversals(
            standings, footings, reversal, left, first, member_row, first, self.policy, daily
        )
        self.standings = decided.standings
        self.book.take_back(left, decided.taken_back)
        self._tell(decided.standings, decided.moves, reversal.reversal_id.tolist())
        return decided.taken_back

    def act(self, member_ids: Sequence[str], today: date, request_id: str, decide: DecideAct) -> None:
        """An act of staff on members, brought up to the present as the service does."""
        row_of = self._row_of()
        rows = np.array([row_of[name] for name in member_ids], dtype=np.intp)
        daily = self.book.daily({name: row for row, name in enumerate(member_ids)})
        before = taken(self._all(), rows)
        day = np.maximum(before.evaluated_on, day_number(today)).astype(np.int32)
        overdue = settled(before, day, self.policy, daily, whole_day=False)
        self._tell(overdue.standings, overdue.moves, [])
        decided = decide(rolled(overdue.standings, day, self.policy, daily), day, daily)
        moves = replace(decided.moves, activity=np.zeros(len(decided.moves), dtype=np.intp))
        self._tell(decided.standings, moves, [request_id])
        self.standings = put(self._all(), rows, decided.standings)

    def run(self, job: str, as_of: date, attributes: Sequence[str | None], rolling: Sequence[bool]) -> None:
        """A bulk job over everybody: only who moved or changed is written.

        `attributes` are those of the members' records (None: the record is gone), `rolling` says whose window moved
        on: both are for the database to find out.
        """
        if self.standings is None:
            return
        standings, policy, day = self.standings, self.policy, day_number(as_of)
        until = np.full(len(standings), day, dtype=np.int32)
        daily = self.book.daily(self._row_of())
        match job:
            case "grace-touchpoints":
                self._write(decide_touchpoints(standings, day, policy, daily))
            case "tier-evaluation":
                self._write(decide_evaluation(standings, day, policy, daily))
            case "tier-assignment":
                self._assign(attributes, day)
            case "window-roll":
                rows = np.flatnonzero(rolling)
                names = {str(name): row for row, name in enumerate(standings.member_id[rows])}
                some = taken(standings, rows)
                decided, changed = decide_rolls(some, until[rows], policy, self.book.daily(names))
                written = np.union1d(np.unique(decided.moves.row), changed)
                self.standings = put(standings, rows[written], taken(decided.standings, written))
                self._tell(decided.standings, decided.moves, [])
            case _:
                matter = MATTERS[job]
                self._write(settled(standings, until, policy, daily, whole_day=True, matters=matter))

    def _assign(self, attributes: Sequence[str | None], as_of: int) -> None:
        standings = self._all()
        day = np.maximum(standings.evaluated_on, as_of).astype(np.int32)
        named = np.array([name or "" for name in attributes], dtype=object)
        systems = decide_systems(named, standings.member_id, day, self.policy)
        there = np.array([name is not None for name in attributes], dtype=np.bool_)
        rows = np.flatnonzero(there & (systems != standings.system))
        names = {str(name): row for row, name in enumerate(standings.member_id[rows])}
        misplaced = Misplaced(
            taken(standings, rows), systems[rows], self.book.daily(names), self.policy, len(standings)
        )
        decided = decide_assignment(misplaced, as_of, {})
        moved = np.unique(decided.moves.row)
        self.standings = put(standings, rows[moved], taken(decided.standings, moved))
        self._tell(decided.standings, decided.moves, [])

    def _write(self, decided: Decided) -> None:
        rows = np.unique(decided.moves.row)
        self.standings = put(self._all(), rows, taken(decided.standings, rows))
        self._tell(decided.standings, decided.moves, [])

    def standings_on(self, as_of: date) -> Standings:
        """Everybody's standing as of a day, or of the last evaluation if later, as a purchase would find it."""
        standings, daily = self._all(), self.book.daily(self._row_of())
        day = np.maximum(standings.evaluated_on, day_number(as_of)).astype(np.int32)
        current = settled(standings, day, self.policy, daily, whole_day=False)
        return rolled(current.standings, day, self.policy, daily)

    def _all(self) -> Standings:
        assert self.standings is not None
        return self.standings

    def _row_of(self) -> dict[str, int]:
        return {member: row for row, member in enumerate(self._all().member_id.tolist())}

    def _tell(self, standings: Standings, moves: Moves, transaction_ids: list[Any]) -> None:
        self.moves.append(DecidedMoves(standings, moves, transaction_ids))

    def _history(self, row_of: dict[str, int]) -> Moves:
        """All moves so far, by the rows of the standings as they are now."""
        return stacked(
            [
                replace(
                    told.moves,
                    row=np.array(
                        [row_of[name] for name in told.standings.member_id[told.moves.row]], dtype=np.intp
                    ),
                )
                for told in self.moves
            ]
        )


Sent = tuple[str, str, date, str, int, int, int, int]
"""A purchase: transaction, member, day, property, base micropoints, spend, visits, package micropoints."""


def columns_of(items: Sequence[Sent], policy: Policy) -> Activities:
    """Purchases as columns."""
    transaction_id, member_id, on, property_id, base, spend, visits, package = zip(*items, strict=True)
    days = np.array([day_number(day) for day in on], dtype=np.int32)
    return Activities(
        np.array(transaction_id, dtype=object),
        np.array(member_id, dtype=object),
        days,
        policy.property_numbers(property_id, days),
        np.array(base, dtype=np.int64),
        np.array(package, dtype=np.int64),
        np.array(spend, dtype=np.int64),
        np.array(visits, dtype=np.int64),
    )


def reversal_columns(reversal_id: str, reversal: Reversal) -> Reversals:
    """One reversal as a row."""
    amounts = (
        reversal.base_micropoints, reversal.package_micropoints, reversal.spend_minor, reversal.visits
    )  # fmt: skip
    return Reversals(
        np.array([reversal_id], dtype=object),
        np.array([reversal.transaction_id], dtype=object),
        np.array([day_number(reversal.occurred_on)], dtype=np.int32),
        np.array([reversal.everything], dtype=np.bool_),
        *(np.array([amount], dtype=np.int64) for amount in amounts),
    )
