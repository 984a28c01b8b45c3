"""The records of the Tier service in plain Python: who is a member, what was bought, and what was taken back."""

from dataclasses import dataclass
from datetime import date

from tests.reference.answers import ActivityAnswer, ReversalAnswer
from tests.reference.identifiers import is_printable
from tests.reference.ladder import Activity
from tests.reference.member import DatedActivity, Member
from tests.reference.moves import tell
from tests.reference.pricing import price
from tests.reference.program import ReferenceProgram
from tests.reference.promotion import evaluate, reactivate
from tests.reference.refusals import Payload, activity_refusal, gone_refusal
from tests.reference.reversals import (
    Recorded,
    Reversal,
    reduce,
    reversal_refusal,
    take_back,
    undo_what_lost_its_ground,
)
from tests.reference.settlement import settle_before_purchase


@dataclass
class Purchase:
    """What a transaction id stands for for ever: what was asked, what was answered, what is left of it."""

    payload: Payload
    answer: ActivityAnswer
    recorded: Recorded


class ReferenceRecords:
    """Members and their purchases. Refusals are names of TierReason, the first in enum order."""

    def __init__(self, program: ReferenceProgram) -> None:
        self.program = program
        self.members: dict[str, Member] = {}
        self.purchases: dict[str, Purchase] = {}
        self._reversals: dict[str, tuple[Reversal, ReversalAnswer]] = {}

    def enroll(
        self,
        member_id: str,
        on: date,
        system: str = "",
        birthday: date | None = None,
        today: date | None = None,
    ) -> bool | str:
        """Enrols a member at the lowest level of a system (empty: that of the split, else the default one).

        Returns True, or False for a repetition with the same data, or the refusal.
        """
        if not is_printable(member_id):
            return "MEMBER_ID_MUST_BE_PRINTABLE"
        joined = self.program.joined_system(member_id, system, on)
        if joined and self.program.system(joined, on) is None:
            return "TIER_SYSTEM_UNKNOWN"
        known = self.members.get(member_id)
        if known is not None and gone_refusal(known):
            return "DATE_MUST_NOT_BE_IN_FUTURE" if today is not None and on > today else gone_refusal(known)
        if known is not None:
            described = (known.enrolled_on, self._described_system(known, on), known.birthday)
            return False if described == (on, joined, birthday) else "MEMBER_ALREADY_ENROLLED"
        if today is not None and on > today:
            return "DATE_MUST_NOT_BE_IN_FUTURE"
        self._add_member(member_id, on, system, birthday, "")
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
        package_micropoints: int = 0,
    ) -> ActivityAnswer | str:
        """Prices, numbers and counts one purchase and moves its member; returns the answer or the refusal."""
        amounts = (base_micropoints, spend_minor, visits, package_micropoints)
        payload = Payload(member_id, property_id, occurred_on, *amounts)
        known = self.purchases.get(transaction_id)
        member = self.members.get(member_id)
        recorded = None if known is None else known.payload
        refusal = activity_refusal(self.program, member, transaction_id, payload, recorded, today)
        if known is not None and known.payload == payload and refusal in ("", *GONE):
            return ActivityAnswer(**{**known.answer, "replayed": True})
        if refusal:
            return refusal
        if member is None:
            member = self._add_member(member_id, occurred_on, "", None, transaction_id)
        answer = self._apply(member, transaction_id, payload)
        gave = Activity(spend_minor, visits, answer["points"])
        self.purchases[transaction_id] = Purchase(
            payload,
            answer,
            Recorded(
                member_id,
                occurred_on,
                base_micropoints,
                gave,
                package_micropoints,
                answer["package_bonus_bp"],
            ),
        )
        return answer

    def reverse(
        self, reversal_id: str, reversal: Reversal, today: date | None = None
    ) -> ReversalAnswer | str:
        """Takes back a purchase or a part of it; returns what was taken or the refusal.

        Settle, reduce, undo what lost its ground: in this order. A reversal is never a reason to promote. Source:
        DECISIONS Meanings 14.
        """
        asked, first = self._reversals.get(reversal_id, (None, None))
        known = self.purchases.get(reversal.transaction_id)
        if first is not None and asked == reversal:
            return ReversalAnswer(**{**first, "replayed": True})
        reused = first is not None or reversal_id in self.purchases
        refusal = reversal_refusal(
            reversal_id, reversal, reused, None if known is None else known.recorded, today
        )
        if refusal or known is None:
            return refusal
        member = self.members[known.recorded.member_id]
        answer = self._take_back(member, reversal_id, reversal, known.recorded)
        self._reversals[reversal_id] = (reversal, answer)
        return answer

    def _described_system(self, known: Member, on: date) -> str:
        """Naming no system is naming the one that would be joined without."""
        return self.program.joined_system(known.member_id, known.attribute, on)

    def _add_member(
        self, member_id: str, on: date, attribute: str, birthday: date | None, transaction_id: str
    ) -> Member:
        """Enrols at the lowest level (DECISIONS Meanings 18 and 19)."""
        system = self.program.joined_system(member_id, attribute, on)
        ladder = self.program.system(system, on)
        lowest = "" if ladder is None else ladder.levels[0].code
        member = Member(
            member_id,
            on,
            attribute,
            system,
            birthday,
            lowest,
            on,
            evaluated_on=on,
            reviews_after=on,
            active_on=on,
        )
        tell(self.program, member, "", on, "ENROLLED", Activity(), transaction_id)
        self.members[member_id] = member
        return member

    def _apply(self, member: Member, transaction_id: str, payload: Payload) -> ActivityAnswer:
        """Settle, price by the level held now, number, add, reactivate, recover, promote: in this order.

        Source: DECISIONS Meanings 1, 4, 6 and 13.
        """
        day = max(payload.occurred_on, member.evaluated_on)
        settle_before_purchase(self.program, member, day)
        level, earned = member.level, price(self.program, member, payload)
        member.treatments += payload.visits
        counts = Activity(payload.spend_minor, payload.visits, earned.points)
        member.activities.append(DatedActivity(payload.occurred_on, counts))
        member.evaluated_on = day
        if payload.visits > 0:
            member.active_on = max(member.active_on, payload.occurred_on)
        reactivate(self.program, member, day, transaction_id)
        evaluate(self.program, member, day, transaction_id)
        return ActivityAnswer(
            points=earned.points,
            level_multiplier_bp=earned.level_multiplier_bp,
            birthday_multiplier_bp=earned.birthday_multiplier_bp,
            property_multiplier_bp=earned.property_multiplier_bp,
            package_bonus_bp=earned.package_bonus_bp,
            tier_system=member.system,
            level=level,
            treatment_ordinal=member.treatments if payload.visits > 0 else 0,
            revision=self.program.revision_number(payload.occurred_on),
            move_reason=last_reason(member, transaction_id),
            level_after=member.level,
            replayed=False,
        )

    def _take_back(
        self, member: Member, reversal_id: str, reversal: Reversal, recorded: Recorded
    ) -> ReversalAnswer:
        day = max(reversal.occurred_on, member.evaluated_on)
        settle_before_purchase(self.program, member, day)
        took = take_back(reversal, recorded)
        reduce(member, recorded.occurred_on, took)
        member.evaluated_on = day
        undo_what_lost_its_ground(self.program, member, day, reversal_id)
        return ReversalAnswer(
            points=took.points,
            spend_minor=took.spend_minor,
            visits=took.visits,
            move_reason=last_reason(member, reversal_id),
            level_after=member.level,
            replayed=False,
        )


GONE = ("MEMBER_MERGED", "MEMBER_ERASED")


def last_reason(member: Member, transaction_id: str) -> str:
    """Why a member moved last by a transaction, or empty."""
    caused = [move.reason for move in member.moves if move.transaction_id == transaction_id]
    return caused[-1] if caused else ""
