"""The Tier service and the reference model side by side: every answer, move and standing is compared."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from carat.tier.v1 import member_pb2, standing_pb2
from services.kernel.columns import occurrence_numbers
from services.runtime.program_messages import day_from_proto, day_to_proto
from tests.invariants.asking import asked_of_reference, refund_of, run_on_reference
from tests.invariants.asking_the_service import (
    JOBS,
    asked_of_service,
    cancelled,
    repriced,
    reversed_by_service,
)
from tests.invariants.policies import policy_of
from tests.invariants.steps import (
    MEMBERS,
    START,
    Batch,
    Bought,
    Cancelled,
    Edited,
    History,
    Joined,
    Ran,
    Refunded,
    Repriced,
    Step,
)
from tests.invariants.told import (
    answered,
    apart,
    by_member,
    expected_standing,
    standing_told,
    told_moves,
)
from tests.reference.answers import ActivityAnswer
from tests.reference.identifiers import is_printable
from tests.reference.ladder import TierRevision
from tests.reference.member import Move
from tests.reference.program import ReferenceProgram
from tests.reference.tier import ReferenceTier
from tests.tier.world import Item, Result, TierWorld, purchase


@dataclass
class Twins:
    """One history told to both; `play` raises AssertionError where they differ."""

    world: TierWorld
    reference: ReferenceTier
    sent: list[Item] = field(default_factory=list)
    acts: int = 0
    refunds: int = 0
    latest_is_new: bool = False

    def play(self, history: History) -> None:
        """Every step on its day, then the promises and everybody's standing for years to come."""
        for number, (today, step) in enumerate(history.steps):
            self.world.today = today
            self._step(step, today)
            told, expected = told_moves(self.world.feed()), by_member(self._moves_expected())
            assert told == expected, (step, apart(told, expected))
            for member_id in list(self.reference.members)[number % len(MEMBERS) :: len(MEMBERS)]:
                self._compare_standing(member_id, today)
        for days in (0, 31, 366):
            for member_id in self.reference.members:
                self._compare_standing(member_id, self.world.today + timedelta(days=days))
        assert self.world.broken_promises() == []

    def _step(self, step: Step, today: date) -> None:
        match step:
            case Batch():
                self._record(step.purchases, today)
            case Joined():
                self._enrol(step, today)
            case Ran():
                as_of = today - timedelta(days=step.days_ago)
                # Every job settles tenure for whomever it reads, and whom it reads beside those due is its own affair.
                for job in ("tenure", step.job):
                    told = told_moves(self.world.run(JOBS[job], as_of))
                    expected = by_member(run_on_reference(self.reference, job, as_of))
                    assert told == expected, (step, apart(told, expected))
            case Refunded():
                self._reverse(step, today)
            case Edited():
                self._edit(step.revision, today)
            case Cancelled():
                self._cancel()
            case Repriced():
                self._reprice(step, today)
            case _:
                self.acts += 1
                request_id = f"A{self.acts}"
                refusal = asked_of_reference(self.reference, step, request_id, today)
                answer = asked_of_service(self.world, step, request_id)
                assert answer == refusal, (step, answer, refusal)

    def _edit(self, revision: TierRevision, today: date) -> None:
        applied = self.world.applied(
            policy_of(revision), revision.effective_from, effective_until=revision.effective_until
        )
        assert applied.violations == [], applied.violations
        program = self.reference.program
        self.latest_is_new = applied.revision.number > len(program.revisions)
        program.apply(revision, today, is_new=self.latest_is_new)

    def _cancel(self) -> None:
        if self.latest_is_new:
            number = len(self.reference.program.revisions)
            assert cancelled(self.world, number) == ""
            self.reference.program.cancelled.add(number)

    def _reprice(self, step: Repriced, today: date) -> None:
        program = self.reference.program
        known = step.property_id in program.tier(today).properties
        assert repriced(self.world, step) == ("" if known else "PROPERTY_UNKNOWN")
        if known:
            program.edit_property(step.property_id, step.multiplier_bp, today)

    def _reverse(self, refunded: Refunded, today: date) -> None:
        if not refunded.again:
            self.refunds += 1
        reversal = refund_of(refunded, [item.transaction_id for item in self.sent], today)
        reversal_id = f"R{self.refunds}"
        expected = self.reference.reverse(reversal_id, reversal, today)
        answer = reversed_by_service(self.world, reversal_id, reversal)
        assert answer == expected, (reversal_id, reversal, answer, expected)

    def _record(self, bought: tuple[Bought, ...], today: date) -> None:
        items = [self._item(each, number, today) for number, each in enumerate(bought)]
        repeats = occurrence_numbers([item.transaction_id for item in items])
        quotes = self._quote(items)
        answers = self.world.record(*items)
        self._compare_quotes(items, quotes, answers)
        for item, answer, repeat in zip(items, answers, repeats, strict=True):
            expected = _refused_as_repeat(item) if repeat else _recorded_by(self.reference, item, today)
            assert (item.transaction_id, answered(answer)) == (item.transaction_id, expected)
        self.sent += items

    def _quote(self, items: list[Item]) -> list[Result]:
        """What recording each alone would answer; nothing changes by it."""
        before = self.world.snapshot()
        quotes = self.world.quote(*items)
        assert self.world.snapshot() == before
        return quotes

    def _compare_quotes(self, items: list[Item], quotes: list[Result], answers: list[Result]) -> None:
        """The first of each member in a batch is recorded as if it were alone."""
        first = occurrence_numbers([item.member_id for item in items]) == 0
        first &= occurrence_numbers([item.transaction_id for item in items]) == 0
        for row in np.flatnonzero(first):
            assert quotes[row] == answers[row], items[row]

    def _item(self, bought: Bought, number: int, today: date) -> Item:
        if 0 < bought.again <= len(self.sent) and bought.same_data:
            return self.sent[-bought.again]
        transaction_id = f"T{len(self.sent) + number}"
        if 0 < bought.again <= len(self.sent):
            transaction_id = self.sent[-bought.again].transaction_id
        return purchase(
            transaction_id,
            bought.member_id,
            today - timedelta(days=bought.days_ago),
            spend_minor=bought.spend_minor,
            visits=bought.visits,
            base_micropoints=bought.base_micropoints,
            property_id=bought.property_id,
            package_micropoints=bought.package_micropoints,
        )

    def _enrol(self, joined: Joined, today: date) -> None:
        on = today - timedelta(days=joined.days_ago)
        birthday = None if joined.birthday is None else day_to_proto(joined.birthday)
        member = member_pb2.Member(
            member_id=joined.member_id,
            enrolled_on=day_to_proto(on),
            tier_system=joined.tier_system,
            birthday=birthday,
        )
        expected = self.reference.enroll(joined.member_id, on, joined.tier_system, joined.birthday, today)
        [(reason, created)] = self.world.enrol(member)
        assert (reason or created) == expected, joined

    def _moves_expected(self) -> list[Move]:
        return [move for member in self.reference.members.values() for move in member.moves]

    def _compare_standing(self, member_id: str, as_of: date) -> None:
        told = self.world.standing(member_id, as_of)
        assert isinstance(told, standing_pb2.Standing)
        if as_of < self.reference.members[member_id].evaluated_on:
            expected: dict[str, Any] = {**self.reference.stood(member_id, as_of)}
        else:
            expected = expected_standing(self.reference, member_id, as_of)
        standing = standing_told(told)
        otherwise = {
            name: (standing[name], value) for name, value in expected.items() if standing[name] != value
        }
        assert not otherwise, (member_id, as_of, otherwise)


def twins(world: TierWorld, first: TierRevision) -> Twins:
    """Both with the first policy applied and nothing else."""
    world.clear()
    world.today = START
    violations = world.apply(policy_of(first))
    assert violations == [], violations
    return Twins(world, ReferenceTier(ReferenceProgram([first])))


def _recorded_by(reference: ReferenceTier, item: Item, today: date) -> ActivityAnswer | str:
    on = day_from_proto(item.occurred_on)
    assert on is not None
    return reference.record(
        item.transaction_id,
        item.member_id,
        item.property_id,
        on,
        item.base_micropoints,
        item.qualifying_spend_minor,
        item.visits,
        today,
        item.package_micropoints,
    )


def _refused_as_repeat(item: Item) -> str:
    """A transaction id stands for its first purchase in the batch; the second is never looked at further."""
    return "DUPLICATE_IN_BATCH" if is_printable(item.member_id) else "MEMBER_ID_MUST_BE_PRINTABLE"
