"""Taking back: refunds of purchases in parts and whole, and credit notes that name none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.reference.earning import (
    Earning,
    amounts_refusal,
    base_micropoints,
    bonus_of_treatments,
    qualifying_spend,
)
from tests.reference.entries import KINDS, Amounts, Bought, Entry
from tests.reference.identifiers import is_printable
from tests.reference.ledger import Answer
from tests.reference.reversals import Reversal


@dataclass(frozen=True)
class Refund:
    """What is taken back of which purchase, or (a credit note) of which member; the currency as resolved."""

    of: str
    occurred_at: datetime | None
    everything: bool
    amounts: Amounts
    treatments: int
    currency: str


class Refunding(Earning):
    """Reversals of purchases. Source: DECISIONS, Meanings 14, 30 and 31."""

    def reverse_purchase(self, reversal_id: str, refund: Refund) -> Answer | str:
        """Takes back a purchase or a part of it; the receipt or the refusal."""
        ids = (is_printable(reversal_id), is_printable(refund.of))
        refusal = "" if all(ids) else "TRANSACTION_ID_MUST_BE_PRINTABLE"
        refusal = refusal or self._shape_refusal(refund)
        if refusal:
            return refusal
        seen = self.seen(reversal_id, "PURCHASE_REVERSAL", refund)
        if seen == "SAME":
            return self.replay(reversal_id)
        refusal = "TRANSACTION_ID_REUSED" if seen == "OTHER" else self._refund_refusal(refund)
        if refusal:
            return refusal
        bought = self.bought[refund.of]
        amounts = bought.amounts_left() if refund.everything else refund.amounts
        treatments = bought.treatments_left() if refund.everything else refund.treatments
        answer = self._take_back(reversal_id, bought, amounts, treatments, refund)
        return self.keep(reversal_id, "PURCHASE_REVERSAL", refund, answer)

    def record_credit_note(self, note_id: str, note: Refund) -> list[Answer] | str:
        """Takes back the member's latest purchases before the note first, kind by kind; all of it or nothing."""
        refusal = self.id_refusal(note_id, note.of) or self._shape_refusal(note)
        if refusal:
            return refusal
        seen = self.seen(note_id, "CREDIT_NOTE", note)
        if seen == "SAME":
            return [{**each, "replayed": True} for each in self.acts[note_id].answer["receipts"]]
        if seen == "OTHER":
            return "TRANSACTION_ID_REUSED"
        if note.of not in self.accounts:
            return "MEMBER_UNKNOWN"
        if note.amounts.total() == 0 and note.treatments == 0:
            return "REVERSAL_MUST_TAKE_SOMETHING"
        parts = self._parts_of(note)
        if parts is None:
            return "CREDIT_ABOVE_PURCHASES"
        receipts = []
        for bought, amounts, treatments in parts:
            each_id = f"{note_id} {bought.transaction_id}"
            answer = self._take_back(each_id, bought, amounts, treatments, note)
            receipts.append({**answer, "replayed": False})
        self.keep(note_id, "CREDIT_NOTE", note, {"receipts": receipts})
        return receipts

    def _parts_of(self, note: Refund) -> Sequence[tuple[Bought, Amounts, int]] | None:
        """What a note takes of each purchase, the latest first; None where not enough is left."""
        before = [
            each
            for each in reversed(self.bought.values())
            if each.purchase.member_id == note.of
            and self._instant_of(each) <= self._instant_said(note.occurred_at)
        ]
        latest_first = sorted(before, key=self._instant_of, reverse=True)
        wanted = {**note.amounts.by_kind(), "treatments": note.treatments}
        parts: list[tuple[Bought, Amounts, int]] = []
        for bought in latest_first:
            left = {**bought.amounts_left().by_kind(), "treatments": bought.treatments_left()}
            took = {name: min(wanted[name], left[name]) for name in wanted}
            wanted = {name: wanted[name] - took[name] for name in wanted}
            if any(took.values()):
                parts.append((bought, Amounts(**{kind: took[kind] for kind in KINDS}), took["treatments"]))
        return None if any(wanted.values()) else parts

    def _take_back(
        self, reversal_id: str, bought: Bought, amounts: Amounts, treatments: int, refund: Refund
    ) -> dict[str, Any]:
        policy = self.program.points[bought.points_revision - 1]
        day = self.local_day(refund.occurred_at)
        answer = self._take_back_in_tier(reversal_id, bought, amounts, treatments, refund)
        last = bought.receipt["treatment_ordinal"] - bought.taken_treatments
        system, level = bought.receipt["tier_system"], bought.receipt["level"]
        bonus = bonus_of_treatments(policy, system, level, last - treatments, last) if treatments else 0
        self.expire(bought.purchase.member_id, self.today())
        bought.taken = Amounts(
            **{kind: taken + amounts.by_kind()[kind] for kind, taken in bought.taken.by_kind().items()}
        )
        bought.taken_treatments += treatments
        self.post(
            Entry(
                "PURCHASE_REVERSAL",
                bought.purchase.member_id,
                -(answer["points"] + bonus),
                day,
                bought.day,
                bought.transaction_id,
                reversal_id,
            )
        )
        return {
            "transaction_id": bought.transaction_id,
            "points": answer["points"] + bonus,
            "multiplied_points": answer["points"],
            "treatment_bonus": bonus,
            "referral_bonus": self.take_back_referral(bought, day) if treatments else 0,
            "amounts": amounts,
            "treatments": treatments,
            "level_after": answer["level_after"],
            "move_reason": answer["move_reason"],
        }

    def _take_back_in_tier(
        self, reversal_id: str, bought: Bought, amounts: Amounts, treatments: int, refund: Refund
    ) -> dict[str, Any]:
        """What Tier takes back; it is not asked where nothing counted."""
        policy = self.program.points[bought.points_revision - 1]
        base, spend = base_micropoints(policy, amounts), qualifying_spend(policy, amounts)
        if not refund.everything and base == spend == treatments == 0:
            return {"points": 0, "level_after": "", "move_reason": ""}
        package = amounts.package * policy.rates_bp["package"]
        parts = (0, 0, 0, 0) if refund.everything else (base, spend, treatments, package)
        reversal = Reversal(
            bought.transaction_id, self.local_day(refund.occurred_at), refund.everything, *parts
        )
        answer = self.tier.reverse(reversal_id.replace(" ", "/"), reversal, self.today())
        if isinstance(answer, str):
            raise ValueError(answer)
        return {**answer}

    def _shape_refusal(self, refund: Refund) -> str:
        if refund.currency != self.program.currency:
            return "CURRENCY_MUST_BE_THE_PROGRAMS"
        refusal = amounts_refusal(refund.amounts, refund.treatments)
        if refusal:
            return refusal
        if refund.occurred_at is None:
            return "OCCURRED_AT_REQUIRED"
        if self.local_day(refund.occurred_at) > self.today():
            return "OCCURRED_AT_MUST_NOT_BE_IN_FUTURE"
        return ""

    def _refund_refusal(self, refund: Refund) -> str:
        bought = self.bought.get(refund.of)
        if bought is None:
            return "PURCHASE_UNKNOWN"
        left, treatments_left = bought.amounts_left(), bought.treatments_left()
        nothing_left = left.total() == 0 and treatments_left == 0
        too_much = (
            min(left.less(refund.amounts).by_kind().values()) < 0 or refund.treatments > treatments_left
        )
        if too_much or (refund.everything and nothing_left):
            return "REVERSAL_ABOVE_ORIGINAL"
        if not refund.everything and refund.amounts.total() == 0 and refund.treatments == 0:
            return "REVERSAL_MUST_TAKE_SOMETHING"
        if self.local_day(refund.occurred_at) < bought.day:
            return "REVERSAL_BEFORE_ORIGINAL"
        return ""

    def _instant_of(self, bought: Bought) -> datetime:
        return self._instant_said(bought.purchase.occurred_at)

    def _instant_said(self, instant: datetime | None) -> datetime:
        if instant is None:
            raise ValueError("an instant is required")
        return instant
