"""The Tier service in plain Python: members, their activities, and where they stand."""

import copy
from collections.abc import Callable
from datetime import date

from tests.reference.answers import ActivityAnswer, StandingAnswer
from tests.reference.identifiers import is_printable
from tests.reference.ladder import Activity
from tests.reference.member import (
    DatedActivity,
    Member,
    Move,
    counted_as_of,
    counted_from,
    next_anniversary_review,
)
from tests.reference.program import ReferenceProgram
from tests.reference.promotion import evaluate
from tests.reference.refusals import Payload, activity_refusal
from tests.reference.settlement import settle_before_purchase, settle_grace, settle_reviews


class ReferenceTier:
    """Members and their standings. Refusals are names of TierReason, the first in enum order."""

    def __init__(self, program: ReferenceProgram) -> None:
        self.program = program
        self.members: dict[str, Member] = {}
        self._answers: dict[str, tuple[Payload, ActivityAnswer]] = {}

    def enroll(
        self,
        member_id: str,
        on: date,
        system: str = "",
        birthday: date | None = None,
        today: date | None = None,
    ) -> bool | str:
        """Enrols a member at the lowest level of a system (empty: the default one of that day).

        Returns True, or False for a repetition with the same data, or the refusal.
        """
        if not is_printable(member_id):
            return "MEMBER_ID_MUST_BE_PRINTABLE"
        policy = self.program.tier(on)
        joined = system or policy.default_system
        if joined and policy.system(joined) is None:
            return "TIER_SYSTEM_UNKNOWN"
        known = self.members.get(member_id)
        if known is not None:
            same = (known.enrolled_on, known.system, known.birthday) == (on, joined, birthday)
            return False if same else "MEMBER_ALREADY_ENROLLED"
        if today is not None and on > today:
            return "DATE_MUST_NOT_BE_IN_FUTURE"
        self._add_member(member_id, on, joined, birthday, "")
        return True

    def record(
        self,
        transaction_id: str,
        member_id: str,
        property_id: str,
        occurred_on: date,
        base_micropoints: int,
        spend_minor: int,
        visits: int,
        today: date | None = None,
    ) -> ActivityAnswer | str:
        """Prices, numbers and counts one purchase and moves its member; returns the answer or the refusal."""
        payload = Payload(member_id, property_id, occurred_on, base_micropoints, spend_minor, visits)
        recorded, first = self._answers.get(transaction_id, (None, None))
        member = self.members.get(member_id)
        refusal = activity_refusal(self.program, member, transaction_id, payload, recorded, today)
        if refusal:
            return refusal
        if first is not None:
            return ActivityAnswer(**{**first, "replayed": True})
        if member is None:
            default = self.program.tier(occurred_on).default_system
            member = self._add_member(member_id, occurred_on, default, None, transaction_id)
        answer = self._apply(member, transaction_id, payload)
        self._answers[transaction_id] = (payload, answer)
        return answer

    def run_review(self, as_of: date) -> list[Move]:
        """Holds every review and reset due by `as_of`; returns the moves, by member id."""
        return self._run(settle_reviews, as_of)

    def run_grace_expiration(self, as_of: date) -> list[Move]:
        """Demotes everyone whose grace is over by `as_of`, and holds the reviews that waited for it.

        Returns the moves, by member id.
        """
        return self._run(settle_grace, as_of)

    def standing(self, member_id: str, as_of: date | None = None) -> StandingAnswer | str:
        """Where a member stands, settled as a purchase of that day would find it, recording nothing.

        A day before the latest evaluation is read as that of the latest evaluation.
        """
        if member_id not in self.members:
            return "MEMBER_UNKNOWN"
        member = copy.deepcopy(self.members[member_id])
        day = member.evaluated_on if as_of is None else max(as_of, member.evaluated_on)
        settle_before_purchase(self.program, member, day)
        return StandingAnswer(
            as_of=day,
            tier_system=member.system,
            level=member.level,
            rank=self._rank(member, day),
            level_since=member.level_since,
            multiplier_bp=self.program.level_multiplier_bp(member.system, member.level, day),
            counted=counted_as_of(self.program, member, day),
            counted_from=counted_from(self.program, member, day),
            next_review=self._next_review(member, day),
            grace_from=member.grace_from,
            grace_until=member.grace_until,
            lifetime_treatments=member.treatments,
        )

    def moves(self, member_id: str) -> list[Move] | str:
        """A member's moves, oldest first."""
        if member_id not in self.members:
            return "MEMBER_UNKNOWN"
        return list(self.members[member_id].moves)

    def _add_member(
        self, member_id: str, on: date, system: str, birthday: date | None, transaction_id: str
    ) -> Member:
        ladder = self.program.system(system, on)
        lowest = "" if ladder is None else ladder.levels[0].code
        member = Member(
            member_id, on, system, birthday, lowest, level_since=on, evaluated_on=on, reviews_after=on
        )
        member.moves.append(
            Move(
                member_id=member_id,
                effective_on=on,
                tier_system=system,
                from_level="",
                to_level=lowest,
                from_rank=-1,
                to_rank=0 if system else -1,
                reason="ENROLLED",
                revision=self.program.revision_number(on),
                counted=Activity(),
                transaction_id=transaction_id,
            )
        )
        self.members[member_id] = member
        return member

    def _apply(self, member: Member, transaction_id: str, payload: Payload) -> ActivityAnswer:
        """Settle, price by the level held now, number, add, evaluate: in this order.

        Source: DECISIONS Meanings 1, 4 and 6.
        """
        day = max(payload.occurred_on, member.evaluated_on)
        settle_before_purchase(self.program, member, day)
        level = member.level
        level_bp = self.program.level_multiplier_bp(member.system, level, payload.occurred_on)
        property_bp = self.program.property_multiplier_bp(payload.property_id, payload.occurred_on)
        points = payload.base_micropoints * level_bp * property_bp // 10**14
        member.treatments += payload.visits
        counts = Activity(payload.spend_minor, payload.visits, points)
        member.activities.append(DatedActivity(payload.occurred_on, counts))
        member.evaluated_on = day
        evaluate(self.program, member, day, transaction_id)
        caused = [move.reason for move in member.moves if move.transaction_id == transaction_id]
        return ActivityAnswer(
            points=points,
            level_multiplier_bp=level_bp,
            property_multiplier_bp=property_bp,
            level=level,
            treatment_ordinal=member.treatments if payload.visits > 0 else 0,
            revision=self.program.revision_number(payload.occurred_on),
            move_reason=caused[-1] if caused else "",
            level_after=member.level,
            replayed=False,
        )

    def _rank(self, member: Member, day: date) -> int:
        system = self.program.system(member.system, day)
        return 0 if system is None else system.rank_of(member.level)

    def _next_review(self, member: Member, day: date) -> date | None:
        """The next anniversary review, or reset; the latter does not concern who is at the lowest level today."""
        if member.system == "":
            return None
        review = next_anniversary_review(self.program, member)
        reset = self.program.next_reset_after(member.system, day) if self._rank(member, day) > 0 else None
        return min([each for each in (review, reset) if each is not None], default=None)

    def _run(self, job: Callable[[ReferenceProgram, Member, date], None], as_of: date) -> list[Move]:
        recorded: list[Move] = []
        for member_id in sorted(self.members):
            member = self.members[member_id]
            moves_before = len(member.moves)
            before = copy.deepcopy(member)
            job(self.program, member, as_of)
            if len(member.moves) == moves_before:
                self.members[member_id] = before
            recorded.extend(member.moves[moves_before:])
        return recorded
