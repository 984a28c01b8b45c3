"""The rules alone beside the reference model: every price, move and standing is compared."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

import numpy as np

from services.kernel.calendar import NEVER, day_date, day_number
from services.kernel.columns import taken
from services.kernel.program import Program
from services.tier.columns import NO_SYSTEM, MoveReason, Priced, Standings
from services.tier.policy import Policy
from services.tier.policy_arrays import compiled
from services.tier.properties import PropertyEdit
from services.tier.rules.review import next_review
from services.tier.rules.revisions import Term, segments_of
from tests.invariants.asking import asked_of_reference, refund_of, run_on_reference, waits_for_grace
from tests.invariants.policies import policy_of
from tests.invariants.rules_acts import decision_of
from tests.invariants.rules_world import DecidedMoves, RulesWorld, Sent, columns_of, reversal_columns
from tests.invariants.steps import (
    Acted,
    Batch,
    Bought,
    Cancelled,
    Edited,
    Gifted,
    History,
    Joined,
    Ran,
    Refunded,
    Repriced,
    Step,
)
from tests.reference.answers import ActivityAnswer
from tests.reference.jobs import is_rolled
from tests.reference.ladder import Activity, TierRevision
from tests.reference.member import Move
from tests.reference.program import ReferenceProgram
from tests.reference.refusals import gone_refusal
from tests.reference.tier import ReferenceTier

PROGRAM = Program("TEST", "Test program", "MYR", "Asia/Kuala_Lumpur", "POINTS")


@dataclass
class RulesTwins:
    """One history told to both; whom the reference refuses, the rules are not asked about."""

    first: TierRevision
    sent: list[Sent] = field(default_factory=list)
    acts: int = 0

    def __post_init__(self) -> None:
        self.reference = ReferenceTier(ReferenceProgram([self.first]))
        self.rules = RulesWorld(self._compiled())

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
            case Ran():
                self._run(step.job, today - timedelta(days=step.days_ago))
            case Refunded():
                self._reverse(step, today)
            case Edited() | Cancelled() | Repriced():
                self._edit(step, today)
                self.rules.policy = self._compiled()
            case _:
                self._act(step, today)

    def _edit(self, step: Edited | Cancelled | Repriced, today: date) -> None:
        program = self.reference.program
        match step:
            case Edited():
                program.apply(step.revision, today)
            case Cancelled():
                program.cancelled.add(len(program.revisions))
            case Repriced():
                program.edit_property(step.property_id, step.multiplier_bp, today)

    def _compiled(self) -> Policy:
        """The policy as the service compiles it from what was applied."""
        program = self.reference.program
        terms = [
            Term(
                number,
                day_number(revision.effective_from),
                _number(revision.effective_until),
                number in program.cancelled,
            )
            for number, revision in enumerate(program.revisions, start=1)
        ]
        documents = [policy_of(revision) for revision in program.revisions]
        edits = [
            PropertyEdit(edit.property_id, day_number(edit.since), edit.multiplier_bp)
            for edit in program.property_edits
        ]
        segments = [(number, since, documents[number - 1]) for number, since in segments_of(terms)]
        return compiled(PROGRAM, segments, documents, edits)

    def _run(self, job: str, as_of: date) -> None:
        members = list(self.reference.members.values())
        attributes = [None if gone_refusal(member) else member.attribute for member in members]
        rolling = [is_rolled(self.reference.program, member, as_of) for member in members]
        run_on_reference(self.reference, job, as_of)
        self.rules.run(job, as_of, attributes, rolling)

    def _act(self, step: Acted, today: date) -> None:
        self.acts += 1
        request_id = f"A{self.acts}"
        if asked_of_reference(self.reference, step, request_id, today):
            return
        names = [step.member_id, step.recipient_id] if isinstance(step, Gifted) else [step.member_id]
        self.rules.act(names, today, request_id, decision_of(step, today, self.rules.policy))

    def _reverse(self, refunded: Refunded, today: date) -> None:
        self.acts += 1
        reversal = refund_of(refunded, [item[0] for item in self.sent], today)
        answer = self.reference.reverse(f"R{self.acts}", reversal, today)
        if isinstance(answer, str):
            return
        took = self.rules.reverse(reversal_columns(f"R{self.acts}", reversal))
        told = (int(took.points[0]), int(took.spend[0]), int(took.visits[0]))
        assert told == (answer["points"], answer["spend_minor"], answer["visits"])
        reason = MoveReason(took.move_reason[0])
        level = self.rules.policy.level_code(int(took.system[0]), int(took.level_after[0]))
        assert (reason.name if reason else "", level) == (answer["move_reason"], answer["level_after"])

    def _enrol(self, joined: Joined, today: date) -> None:
        on = today - timedelta(days=joined.days_ago)
        if self.reference.enroll(joined.member_id, on, joined.tier_system, joined.birthday, today) is True:
            self.rules.enrol(joined.member_id, on, joined.tier_system, joined.birthday)

    def _record(self, bought: tuple[Bought, ...], today: date) -> None:
        granted: list[tuple[Sent, ActivityAnswer]] = []
        for each in bought:
            item = self._item(each, today)
            newcomer = item[1] not in self.reference.members
            *amounts, package = item[4:]
            base, spend, visits = amounts
            answer = self.reference.record(
                item[0], item[1], item[3], item[2], base, spend, visits, today, package
            )
            if isinstance(answer, str) or answer["replayed"]:
                continue
            if newcomer:
                self.rules.enrol(item[1], item[2], "", None, item[0])
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
        data = (bought.base_micropoints, bought.spend_minor, bought.visits, bought.package_micropoints)
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
            "birthday_multiplier_bp": int(priced.birthday_bp[row]),
            "property_multiplier_bp": int(priced.property_bp[row]),
            "package_bonus_bp": int(priced.package_bonus_bp[row]),
            "tier_system": "" if system == NO_SYSTEM else self.rules.policy.system_ids[system],
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
        for name, member in self.reference.members.items():
            expected = member.moves
            apart = [pair for pair in zip_longest(told.get(name, []), expected) if pair[0] != pair[1]]
            assert not apart, apart

    def _compare_standings(self, as_of: date) -> None:
        if not self.reference.members:
            return
        standings = self.rules.standings_on(as_of)
        for row, member_id in enumerate(standings.member_id.tolist()):
            told = self._standing(taken(standings, np.array([row], dtype=np.intp)))
            expected = _expected(self.reference, member_id, as_of)
            if waits_for_grace(expected, as_of):
                told["next_review"] = expected["next_review"]
            assert told == expected, (member_id, as_of, told, expected)

    def _standing(self, one: Standings) -> dict[str, Any]:
        policy, system = self.rules.policy, int(one.system[0])
        in_system = {} if system == NO_SYSTEM else self._counted(one)
        return {
            "level": policy.level_code(system, int(one.level[0])),
            "level_since": _day(one.level_since[0]),
            "grace_from": _day(one.grace_from[0]),
            "grace_until": _day(one.grace_until[0]),
            "lifetime_treatments": int(one.treatments[0]),
            "lifetime_since": _day(one.lifetime_since[0]),
            "inactive_since": _day(one.inactive_since[0]),
            **in_system,
        }

    def _counted(self, one: Standings) -> dict[str, Any]:
        policy = self.rules.policy
        unlocked = np.where(one.kept_until == NEVER, one.evaluated_on, one.kept_until - 1).astype(np.int32)
        reset = int(policy.next_reset(one.system, np.maximum(one.evaluated_on, unlocked))[0])
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
    known += ["lifetime_since", "inactive_since"]
    if since is not None:
        known += ["counted", "next_review"]
    expected = {name: value for name, value in answer.items() if name in known}
    return expected if since is None else {**expected, "counted_from": max(since, enrolled_on)}


def _move(decided: DecidedMoves, row: int, policy: Policy) -> Move:
    moves = decided.moves
    system = int(moves.system[row])
    effective_on, level_since = _day(moves.effective_on[row]), _day(moves.level_since[row])
    assert effective_on is not None
    assert level_since is not None
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
        level_since=level_since,
        grace_until=_day(moves.grace_until[row]),
        locked_until=_day(moves.locked_until[row]),
        touchpoint=int(moves.touchpoint[row]),
        transaction_id=decided.transaction_of(row),
    )


def _day(number: Any) -> date | None:
    return None if number == NEVER else day_date(int(number))


def _number(day: date | None) -> int:
    return NEVER if day is None else day_number(day)
