"""The Tier service and the reference model side by side: every answer, move and standing is compared."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from carat.tier.v1 import member_pb2, move_pb2, standing_pb2
from services.kernel.columns import occurrence_numbers
from services.runtime.program_messages import day_from_proto, day_to_proto
from tests.invariants.histories import (
    MEMBERS,
    START,
    Batch,
    Bought,
    Edited,
    GraceEnded,
    History,
    Joined,
    Reviewed,
    Step,
)
from tests.invariants.policies import policy_of
from tests.reference.answers import ActivityAnswer
from tests.reference.identifiers import is_printable
from tests.reference.ladder import Activity, TierRevision
from tests.reference.member import Move
from tests.reference.program import ReferenceProgram
from tests.reference.tier import ReferenceTier
from tests.tier.world import Item, Result, TierWorld, purchase, reason_name


@dataclass
class Twins:
    """One history told to both; `play` raises AssertionError where they differ."""

    world: TierWorld
    reference: ReferenceTier
    sent: list[Item] = field(default_factory=list)

    def play(self, history: History) -> None:
        """Every step on its day, then the promises and everybody's standing for years to come."""
        for number, (today, step) in enumerate(history.steps):
            self.world.today = today
            self._step(step, today)
            assert _told(self.world.feed()) == _sorted(self._moves_expected())
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
            case Reviewed():
                as_of = today - timedelta(days=step.days_ago)
                assert _told(self.world.run_review(as_of)) == _sorted(self.reference.run_review(as_of))
            case GraceEnded():
                as_of = today - timedelta(days=step.days_ago)
                assert _told(self.world.run_grace(as_of)) == _sorted(
                    self.reference.run_grace_expiration(as_of)
                )
            case Edited():
                applied = self.world.applied(policy_of(step.revision), step.revision.effective_from)
                assert applied.violations == []
                if applied.changed:
                    self.reference.program.revisions.append(step.revision)

    def _record(self, bought: tuple[Bought, ...], today: date) -> None:
        items = [self._item(each, number, today) for number, each in enumerate(bought)]
        answers = self.world.record(*items)
        repeats = occurrence_numbers([item.transaction_id for item in items])
        for item, answer, repeat in zip(items, answers, repeats, strict=True):
            expected = _refused_as_repeat(item) if repeat else _recorded_by(self.reference, item, today)
            assert (item.transaction_id, _answered(answer)) == (item.transaction_id, expected)
        self.sent += items

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
        if as_of < self.reference.members[member_id].evaluated_on:
            return
        assert isinstance(told, standing_pb2.Standing)
        assert _standing(told) == _expected_standing(self.reference, member_id, as_of), (member_id, as_of)


def twins(world: TierWorld, first: TierRevision) -> Twins:
    """Both with the first policy applied and nothing else."""
    world.clear()
    world.today = START
    assert world.apply(policy_of(first)) == []
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
    )


def _refused_as_repeat(item: Item) -> str:
    """A transaction id stands for its first purchase in the batch; the second is never looked at further."""
    return "DUPLICATE_IN_BATCH" if is_printable(item.member_id) else "MEMBER_ID_MUST_BE_PRINTABLE"


def _answered(result: Result) -> ActivityAnswer | str:
    if result.reason:
        return reason_name(result.reason)
    return ActivityAnswer(
        points=result.points,
        level_multiplier_bp=result.level_multiplier_bp,
        property_multiplier_bp=result.property_multiplier_bp,
        level=result.level,
        treatment_ordinal=result.treatment_ordinal,
        revision=result.revision,
        move_reason=_move_reason(result.move_reason),
        level_after=result.level_after,
        replayed=result.replayed,
    )


def _told(moves: list[move_pb2.Move]) -> list[Move]:
    return _sorted([_move(move) for move in moves])


def _sorted(moves: list[Move]) -> list[Move]:
    return sorted(moves, key=lambda move: move.member_id)


def _move(move: move_pb2.Move) -> Move:
    effective_on = day_from_proto(move.effective_on)
    assert effective_on is not None
    return Move(
        member_id=move.member_id,
        effective_on=effective_on,
        tier_system=move.tier_system,
        from_level=move.from_level,
        to_level=move.to_level,
        from_rank=move.from_rank,
        to_rank=move.to_rank,
        reason=_move_reason(move.reason),
        revision=move.revision,
        counted=Activity(move.counted_spend_minor, move.counted_visits, move.counted_points),
        grace_until=_day(move, "grace_until"),
        transaction_id=move.transaction_id,
    )


def _standing(standing: standing_pb2.Standing) -> dict[str, Any]:
    grace = standing.grace if standing.HasField("grace") else None
    counted = standing.counted
    return {
        "as_of": _day(standing, "as_of"),
        "tier_system": standing.tier_system,
        "level": standing.level,
        "rank": standing.rank,
        "level_since": _day(standing, "level_since"),
        "multiplier_bp": standing.multiplier_bp,
        "counted": Activity(counted.spend_minor, counted.visits, counted.points),
        "counted_from": _day(standing, "counted_from"),
        "next_review": _day(standing, "next_review"),
        "grace_from": grace and _day(grace, "from"),
        "grace_until": grace and _day(grace, "until"),
        "lifetime_treatments": standing.lifetime_treatments,
    }


def _expected_standing(reference: ReferenceTier, member_id: str, as_of: date) -> dict[str, Any]:
    """As the reference tells it; the service's window never begins before the enrolment."""
    answer = reference.standing(member_id, as_of)
    assert not isinstance(answer, str)
    member = reference.members[member_id]
    since = answer["counted_from"]
    return {**answer, "counted_from": since and max(since, member.enrolled_on)}


def _day(message: Any, name: str) -> date | None:
    return day_from_proto(getattr(message, name)) if message.HasField(name) else None


def _move_reason(reason: Any) -> str:
    return move_pb2.MoveReason.Name(reason).removeprefix("MOVE_REASON_") if reason else ""
