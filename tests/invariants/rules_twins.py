"""The rules alone beside the reference model: every price, move and standing is compared."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from services.kernel.calendar import NEVER, day_date, day_number
from services.kernel.program import Program
from services.tier.columns import NO_SYSTEM, MoveReason, Priced, Standings
from services.tier.policy import Policy
from services.tier.policy_arrays import compiled
from services.tier.policy_document import TierPolicy
from services.tier.rules.review import next_review
from services.tier.rules.settlement import Matter
from tests.invariants.histories import Batch, Bought, Edited, GraceEnded, History, Joined, Reviewed, Step
from tests.invariants.policies import policy_of
from tests.invariants.rules_world import DecidedMoves, RulesWorld, columns_of
from tests.reference.answers import ActivityAnswer
from tests.reference.ladder import Activity, TierRevision
from tests.reference.member import Move
from tests.reference.program import ReferenceProgram
from tests.reference.tier import ReferenceTier

PROGRAM = Program("TEST", "Test program", "MYR", "Asia/Kuala_Lumpur", "POINTS")
Sent = tuple[str, str, date, str, int, int, int]


@dataclass
class RulesTwins:
    """One history told to both; whom the reference refuses, the rules are not asked about."""

    first: TierRevision
    documents: list[tuple[int, int, TierPolicy]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents.append((1, day_number(date(1, 1, 1)), policy_of(self.first)))
        self.rules = RulesWorld(compiled(PROGRAM, self.documents))
        self.reference = ReferenceTier(ReferenceProgram([self.first]))

    def play(self, history: History) -> None:
        """Every step on its day, then everybody's standing for years to come."""
        today = history.steps[0][0]
        for today, step in history.steps:
            self._step(step, today)
            self._compare_moves()
            self._compare_standings(today)
        for days in (0, 31, 366, 800):
            self._compare_standings(today + timedelta(days=days))

    def _step(self, step: Step, today: date) -> None:
        match step:
            case Batch():
                self._record(step.purchases, today)
            case Joined():
                self._enrol(step, today)
            case Reviewed():
                self.reference.run_review(today - timedelta(days=step.days_ago))
                self.rules.run(today - timedelta(days=step.days_ago), Matter.REVIEWS)
            case GraceEnded():
                self.reference.run_grace_expiration(today - timedelta(days=step.days_ago))
                self.rules.run(today - timedelta(days=step.days_ago), Matter.GRACE)
            case Edited():
                self._edit(step.revision)

    def _edit(self, revision: TierRevision) -> None:
        if policy_of(revision) == self.documents[-1][2]:
            return
        number = len(self.documents) + 1
        self.documents.append((number, day_number(revision.effective_from), policy_of(revision)))
        self.reference.program.revisions.append(revision)
        self.rules.policy = compiled(PROGRAM, self.documents)

    def _enrol(self, joined: Joined, today: date) -> None:
        on = today - timedelta(days=joined.days_ago)
        if self.reference.enroll(joined.member_id, on, joined.tier_system, joined.birthday, today) is True:
            self.rules.enrol(joined.member_id, on, joined.tier_system)

    def _record(self, bought: tuple[Bought, ...], today: date) -> None:
        granted: list[tuple[Sent, ActivityAnswer]] = []
        for each in bought:
            item = self._item(each, today)
            newcomer = item[1] not in self.reference.members
            answer = self.reference.record(item[0], item[1], item[3], item[2], *item[4:], today)
            if isinstance(answer, str) or answer["replayed"]:
                continue
            if newcomer:
                self.rules.enrol(item[1], item[2], "", item[0])
            granted.append((item, answer))
            self.sent.append(item)
        if granted:
            self._compare_prices(granted)

    def _compare_prices(self, granted: list[tuple[Sent, ActivityAnswer]]) -> None:
        priced = self.rules.record(columns_of([item for item, _ in granted], self.rules.policy))
        for row, (item, answer) in enumerate(granted):
            expected = {**answer, "move_reason": answer["move_reason"].replace("ENROLLED", "")}
            assert (item[0], self._answered(priced, row, item[1])) == (item[0], expected)

    def _item(self, bought: Bought, today: date) -> Sent:
        data = (bought.base_micropoints, bought.spend_minor, bought.visits)
        on = today - timedelta(days=bought.days_ago)
        return (f"T{len(self.sent)}", bought.member_id, on, bought.property_id, *data)

    def _answered(self, priced: Priced, row: int, member_id: str) -> dict[str, Any]:
        standings = self.rules.standings
        assert standings is not None
        system = int(standings.system[standings.member_id == member_id][0])
        reason = MoveReason(priced.move_reason[row])
        return {
            "points": int(priced.points[row]),
            "level_multiplier_bp": int(priced.level_bp[row]),
            "property_multiplier_bp": int(priced.property_bp[row]),
            "level": self.rules.policy.level_code(system, int(priced.level[row])),
            "treatment_ordinal": int(priced.ordinal[row]),
            "revision": int(priced.revision[row]),
            "move_reason": reason.name if reason else "",
            "level_after": self.rules.policy.level_code(system, int(priced.level_after[row])),
            "replayed": False,
        }

    def _compare_moves(self) -> None:
        told: dict[str, list[Move]] = {}
        for decided in self.rules.moves:
            for row in range(len(decided.moves)):
                move = _move(decided, row, self.rules.policy)
                told.setdefault(move.member_id, []).append(move)
        assert told == {name: member.moves for name, member in self.reference.members.items()}

    def _compare_standings(self, as_of: date) -> None:
        for member_id, member in self.reference.members.items():
            day = max(as_of, member.evaluated_on)
            assert self._standing(member_id, day) == _expected(self.reference, member_id, day)

    def _standing(self, member_id: str, as_of: date) -> dict[str, Any]:
        one = self.rules.standing(member_id, as_of)
        policy, system = self.rules.policy, int(one.system[0])
        in_system = {} if system == NO_SYSTEM else self._counted(one)
        return {
            "level": policy.level_code(system, int(one.level[0])),
            "level_since": _day(one.level_since[0]),
            "grace_from": _day(one.grace_from[0]),
            "grace_until": _day(one.grace_until[0]),
            "lifetime_treatments": int(one.treatments[0]),
            **in_system,
        }

    def _counted(self, one: Standings) -> dict[str, Any]:
        policy = self.rules.policy
        reset = int(policy.next_reset(one.system, one.evaluated_on)[0])
        rank = policy.ladders.rank_of[policy.revision_on(one.evaluated_on), one.system, one.level][0]
        review = min(int(next_review(one, policy)[0]), reset if rank else NEVER)
        return {
            "counted": Activity(int(one.spend[0]), int(one.visits[0]), int(one.points[0])),
            "counted_from": _day(one.counted_from[0]),
            "next_review": _day(review),
        }


def _expected(reference: ReferenceTier, member_id: str, as_of: date) -> dict[str, Any]:
    """As the reference tells it; the window of the rules never begins before the enrolment."""
    answer = reference.standing(member_id, as_of)
    assert not isinstance(answer, str)
    enrolled_on, since = reference.members[member_id].enrolled_on, answer["counted_from"]
    known = ["level", "level_since", "grace_from", "grace_until", "lifetime_treatments"]
    if since is not None:
        known += ["counted", "next_review"]
    expected = {name: value for name, value in answer.items() if name in known}
    return expected if since is None else {**expected, "counted_from": max(since, enrolled_on)}


def _move(decided: DecidedMoves, row: int, policy: Policy) -> Move:
    moves = decided.moves
    system = int(moves.system[row])
    effective_on = _day(moves.effective_on[row])
    assert effective_on is not None
    return Move(
        member_id=decided.standings.member_id[moves.row[row]],
        effective_on=effective_on,
        tier_system="" if system == NO_SYSTEM else policy.system_ids[system],
        from_level=policy.level_code(system, int(moves.from_level[row])),
        to_level=policy.level_code(system, int(moves.to_level[row])),
        from_rank=int(moves.from_rank[row]),
        to_rank=int(moves.to_rank[row]),
        reason=MoveReason(moves.reason[row]).name,
        revision=int(moves.revision[row]),
        counted=Activity(int(moves.spend[row]), int(moves.visits[row]), int(moves.points[row])),
        grace_until=_day(moves.grace_until[row]),
        transaction_id=decided.transaction_of(row),
    )


def _day(number: Any) -> date | None:
    return None if number == NEVER else day_date(int(number))
