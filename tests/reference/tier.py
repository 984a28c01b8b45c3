"""The Tier service in plain Python: where members stand, what the jobs do to them, and what staff do."""

import copy
from collections.abc import Callable
from datetime import date
from functools import partial

from tests.reference.answers import StandingAnswer
from tests.reference.due import first_reset_after, is_locked, next_anniversary_review
from tests.reference.jobs import assign, evaluate_all, roll_window, settle_day
from tests.reference.joining import change_system
from tests.reference.leaving import erase
from tests.reference.member import Member, Move, counted_as_of, counted_from
from tests.reference.past import PastAnswer, stood_on
from tests.reference.program import ReferenceProgram
from tests.reference.records import ReferenceRecords
from tests.reference.refusals import gone_refusal
from tests.reference.settlement import GRACE, INACTIVITY, REVIEWS, TENURE, settle_before_purchase
from tests.reference.staff import gift_refusal, invitation_refusal, lock, move_by_hand, move_refusal, put_on
from tests.reference.touchpoints import tell_touchpoints

Job = Callable[[ReferenceProgram, Member, date], None]


class ReferenceTier(ReferenceRecords):
    """Members and their standings. Refusals are names of TierReason, the first in enum order."""

    def __init__(self, program: ReferenceProgram) -> None:
        super().__init__(program)
        self._givers: set[str] = set()

    def run_review(self, as_of: date) -> list[Move]:
        """Holds every review and reset due by `as_of`; returns the moves, by member id."""
        return self._run(partial(settle_day, matters=REVIEWS), as_of)

    def run_grace_expiration(self, as_of: date) -> list[Move]:
        """Ends every grace that is over by `as_of`, and holds the reviews that waited for it.

        Returns the moves, by member id.
        """
        return self._run(partial(settle_day, matters=GRACE), as_of)

    def run_tenure(self, as_of: date) -> list[Move]:
        """Grants lifetime status where it is due by `as_of` (DECISIONS Meanings 11)."""
        return self._run(partial(settle_day, matters=TENURE), as_of)

    def run_inactivity(self, as_of: date) -> list[Move]:
        """Marks who is inactive by `as_of` (DECISIONS Meanings 13)."""
        return self._run(partial(settle_day, matters=INACTIVITY), as_of)

    def run_grace_touchpoints(self, as_of: date) -> list[Move]:
        """Tells the touchpoints due by `as_of` (DECISIONS Meanings 16)."""
        return self._run(tell_touchpoints, as_of)

    def run_window_roll(self, as_of: date) -> list[Move]:
        """Settles everything for those from whose window activity has gone since their last evaluation.

        Source: DECISIONS Meanings 7.
        """
        return self._run(roll_window, as_of)

    def run_evaluation(self, as_of: date) -> list[Move]:
        """Settles everybody in a system, then recovers and promotes as a purchase would (DECISIONS Meanings 25)."""
        return self._run(evaluate_all, as_of)

    def run_assignment(self, as_of: date) -> list[Move]:
        """Moves those whom the policy has in another system than their own (DECISIONS Meanings 18)."""
        return self._run(assign, as_of)

    def move_by_staff(
        self, request_id: str, member_id: str, level: str, today: date, locked_until: date | None = None
    ) -> str:
        """Moves a member by hand; returns the refusal, or empty (DECISIONS Meanings 22)."""

        def act(member: Member, day: date) -> str:
            refusal = move_refusal(self.program, member, level, locked_until, day)
            if not refusal:
                move_by_hand(self.program, member, level, locked_until, day, request_id)
            return refusal

        return self._act(member_id, today, act)

    def lock(self, request_id: str, member_id: str, today: date, locked_until: date | None) -> str:
        """Locks a level until a day, or lifts the lock; returns the refusal, or empty (DECISIONS Meanings 22)."""

        def act(member: Member, day: date) -> str:
            if member.system == "":
                return "MEMBER_IN_NO_SYSTEM"
            if locked_until is not None and locked_until <= day:
                return "LOCK_MUST_END_LATER"
            lock(self.program, member, locked_until, day, request_id)
            return ""

        return self._act(member_id, today, act)

    def accept_invitation(self, request_id: str, member_id: str, level: str, today: date) -> str:
        """Enters the level of an approved invitation; returns the refusal, or empty (DECISIONS Meanings 12)."""

        def act(member: Member, day: date) -> str:
            refusal = invitation_refusal(self.program, member, level, day)
            if not refusal:
                put_on(self.program, member, level, day, "INVITED", request_id)
            return refusal

        return self._act(member_id, today, act)

    def gift(self, request_id: str, giver_id: str, recipient_id: str, today: date) -> str:
        """Gives a level held for life to another member, once (DECISIONS Meanings 11)."""

        def give(giver: Member, recipient: Member, day: date) -> str:
            given_before = giver_id in self._givers
            refusal = gift_refusal(self.program, giver, recipient, day, given_before=given_before)
            if not refusal:
                put_on(self.program, recipient, giver.level, day, "GIFTED", request_id)
                self._givers.add(giver_id)
            return refusal

        return self._act_on_two(giver_id, recipient_id, today, give)

    def change_attribute(self, request_id: str, member_id: str, attribute: str, today: date) -> str:
        """Names another system in the member's record: the member changes to it at once (DECISIONS Meanings 18)."""

        def act(member: Member, day: date) -> str:
            joined = self.program.joined_system(member_id, attribute, day)
            if joined != member.system and member.lifetime_since is not None:
                return "LIFETIME_MUST_NOT_END"
            member.attribute, member.evaluated_on = attribute, day
            if joined != member.system:
                change_system(self.program, member, joined, day, request_id)
            return ""

        known = self.members.get(member_id)
        named_on = today if known is None else max(today, known.evaluated_on)
        joined = self.program.joined_system(member_id, attribute, named_on)
        if joined and self.program.system(joined, named_on) is None:
            return "TIER_SYSTEM_UNKNOWN"
        return self._act(member_id, today, act)

    def change_birthday(self, member_id: str, birthday: date | None, today: date) -> str:
        """Another birthday in the member's record: what was priced before stays (DECISIONS Meanings 2)."""

        def act(member: Member, day: date) -> str:
            member.birthday, member.evaluated_on = birthday, day
            return ""

        return self._act(member_id, today, act)

    def erase(self, request_id: str, member_id: str, today: date) -> str:
        """Erases a member's personal data; returns the refusal, or empty (DECISIONS Meanings 24)."""

        def act(member: Member, day: date) -> str:
            erase(self.program, member, day, request_id)
            return ""

        return self._act(member_id, today, act)

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
            lifetime_since=member.lifetime_since,
            inactive_since=member.inactive_since,
            locked_until=member.kept_until if is_locked(member, day) else None,
        )

    def stood(self, member_id: str, as_of: date) -> PastAnswer:
        """Where a member stood on a past day, as the moves tell it."""
        return stood_on(self.members[member_id].moves, as_of)

    def moves(self, member_id: str) -> list[Move] | str:
        """A member's moves, oldest first."""
        if member_id not in self.members:
            return "MEMBER_UNKNOWN"
        return list(self.members[member_id].moves)

    def _rank(self, member: Member, day: date) -> int:
        system = self.program.system(member.system, day)
        return 0 if system is None else system.rank_of(member.level)

    def _next_review(self, member: Member, day: date) -> date | None:
        """The next anniversary review, or reset; the latter does not concern who is at the lowest level today."""
        if member.system == "":
            return None
        review = next_anniversary_review(self.program, member)
        after = max(day, first_reset_after(member))
        reset = self.program.next_reset_after(member.system, after) if self._rank(member, day) > 0 else None
        return min([each for each in (review, reset) if each is not None], default=None)

    def _act(self, member_id: str, today: date, act: Callable[[Member, date], str]) -> str:
        """Staff act today, or on the day of the last evaluation if that is later, on a member settled by then."""
        known = self.members.get(member_id)
        if known is None:
            return "MEMBER_UNKNOWN"
        member = copy.deepcopy(known)
        day = max(today, member.evaluated_on)
        settle_before_purchase(self.program, member, day)
        refusal = gone_refusal(member) or act(member, day)
        if not refusal:
            self.members[member_id] = member
        return refusal

    def _act_on_two(
        self, first_id: str, second_id: str, today: date, act: Callable[[Member, Member, date], str]
    ) -> str:
        """The same for an act that concerns two members: both are settled, each by its own day."""
        if first_id not in self.members or second_id not in self.members:
            return "MEMBER_UNKNOWN"
        both = {name: copy.deepcopy(self.members[name]) for name in (first_id, second_id)}
        for member in both.values():
            day = max(today, member.evaluated_on)
            settle_before_purchase(self.program, member, day)
            member.evaluated_on = day
        first, second = both[first_id], both[second_id]
        refusal = gone_refusal(first) or gone_refusal(second) or act(first, second, second.evaluated_on)
        if not refusal:
            self.members.update(both)
        return refusal

    def _run(self, job: Job, as_of: date) -> list[Move]:
        """Runs a job over everybody; only who moved or was evaluated anew is written."""
        recorded: list[Move] = []
        for member_id in sorted(self.members):
            before = self.members[member_id]
            member = copy.deepcopy(before)
            job(self.program, member, as_of)
            moved = member.moves[len(before.moves) :]
            if moved or member.evaluated_on > before.evaluated_on:
                self.members[member_id] = member
            recorded.extend(moved)
        return recorded
