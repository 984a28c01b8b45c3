"""Earning by purchases: what a purchase gives, with its fixed bonus for treatments."""

from datetime import datetime
from typing import TypedDict, cast

from tests.reference.answers import ActivityAnswer
from tests.reference.entries import Amounts, Bought, Entry, Purchase
from tests.reference.identifiers import is_printable
from tests.reference.points_policy import PointsRevision
from tests.reference.program import number_in_force
from tests.reference.referring import Referring

MAX_AMOUNT_MINOR = 10**12
MAX_TREATMENTS = 1000

POINTS_REASON_OF_TIER = {
    "MEMBER_UNKNOWN": "MEMBER_UNKNOWN",
    "PROPERTY_UNKNOWN": "PROPERTY_UNKNOWN",
    "DATE_BEFORE_ENROLMENT": "OCCURRED_BEFORE_ENROLMENT",
    "MEMBER_ERASED": "MEMBER_ERASED",
}


class Receipt(TypedDict):
    """What a purchase earned and changed; always posted, for here Tier is never unreachable."""

    points: int
    base_micropoints: int
    package_micropoints: int
    level_multiplier_bp: int
    birthday_multiplier_bp: int
    property_multiplier_bp: int
    package_bonus_bp: int
    multiplied_points: int
    treatment_bonus: int
    referral_bonus: int
    tier_system: str
    level: str
    treatment_ordinal: int
    level_after: str
    move_reason: str
    replayed: bool
    tier_revision: int
    points_revision: int


def amounts_refusal(amounts: Amounts, treatments: int) -> str:
    """Refusal of the numbers alone, or empty; the limit holds for the sum of the four amounts."""
    if min(amounts.by_kind().values()) < 0:
        return "AMOUNT_MUST_NOT_BE_NEGATIVE"
    if amounts.total() > MAX_AMOUNT_MINOR:
        return "AMOUNT_ABOVE_LIMIT"
    if not 0 <= treatments <= MAX_TREATMENTS:
        return "TREATMENTS_OUT_OF_RANGE"
    return ""


def base_micropoints(policy: PointsRevision, amounts: Amounts) -> int:
    """Points before multipliers, in millionths: each kind at its rate (DECISIONS, Meanings 1 and 2)."""
    return sum(amount * policy.rates_bp[kind] for kind, amount in amounts.by_kind().items())


def qualifying_spend(policy: PointsRevision, amounts: Amounts) -> int:
    """What counts toward levels (DECISIONS, Meanings 5)."""
    return sum(amount for kind, amount in amounts.by_kind().items() if kind in policy.qualifying)


def bonus_of_treatments(policy: PointsRevision, tier_system: str, level: str, after: int, last: int) -> int:
    """The bonus of the treatments numbered (after, last]: of each whose number the level's count divides.

    Source: DECISIONS, Meanings 3.
    """
    bonuses = policy.bonuses_of(tier_system, level)
    if bonuses.treatment_every == 0:
        return 0
    counted = [number for number in range(after + 1, last + 1) if number % bonuses.treatment_every == 0]
    return len(counted) * bonuses.treatment_points


class Earning(Referring):
    """Purchases."""

    def record_purchase(
        self,
        transaction_id: str,
        member_id: str,
        occurred_at: datetime | None,
        amounts: Amounts,
        treatments: int = 0,
        property_id: str = "",
        currency: str = "",
        now: datetime | None = None,
    ) -> Receipt | str:
        """Records one purchase: prices, counts and posts it; returns the receipt or the refusal.

        A refused purchase leaves its transaction id free.
        """
        purchase = Purchase(
            member_id, occurred_at, amounts, treatments, property_id, currency or self.program.currency
        )
        refusal = self._purchase_refusal(transaction_id, purchase, now or self.now)
        if refusal:
            return refusal
        if transaction_id in self.bought:
            return cast(Receipt, self.replay(transaction_id))
        day = self.local_day(occurred_at)
        policy = self.policy(day)
        base = base_micropoints(policy, amounts)
        package = amounts.package * policy.rates_bp["package"]
        spend = qualifying_spend(policy, amounts)
        answer = self.tier.record(
            transaction_id, member_id, property_id, day, base, spend, treatments, package_micropoints=package
        )
        if isinstance(answer, str):
            return POINTS_REASON_OF_TIER[answer]
        return self._post_purchase(transaction_id, purchase, base, package, answer)

    def _post_purchase(
        self, transaction_id: str, purchase: Purchase, base: int, package: int, answer: ActivityAnswer
    ) -> Receipt:
        day = self.local_day(purchase.occurred_at)
        number = number_in_force(self.program.points, day)
        system, level, ordinal = answer["tier_system"], answer["level"], answer["treatment_ordinal"]
        bonus = bonus_of_treatments(self.policy(day), system, level, ordinal - purchase.treatments, ordinal)
        if self.expires_by_inactivity():
            self.expire(purchase.member_id, day)
        receipt = Receipt(
            points=answer["points"] + bonus,
            base_micropoints=base,
            package_micropoints=package,
            level_multiplier_bp=answer["level_multiplier_bp"],
            birthday_multiplier_bp=answer["birthday_multiplier_bp"],
            property_multiplier_bp=answer["property_multiplier_bp"],
            package_bonus_bp=answer["package_bonus_bp"],
            multiplied_points=answer["points"],
            treatment_bonus=bonus,
            referral_bonus=self.pay_referral(purchase, transaction_id, day),
            tier_system=system,
            level=level,
            treatment_ordinal=ordinal,
            level_after=answer["level_after"],
            move_reason=answer["move_reason"],
            replayed=False,
            tier_revision=answer["revision"],
            points_revision=number,
        )
        self.keep(transaction_id, "PURCHASE", purchase, receipt)
        self.bought[transaction_id] = Bought(transaction_id, purchase, day, number, receipt)
        self.post(
            Entry(
                "PURCHASE",
                purchase.member_id,
                receipt["points"],
                day,
                day,
                transaction_id=transaction_id,
                receipt=receipt,
            )
        )
        return receipt

    def expires_by_inactivity(self) -> bool:
        """Whether a purchase may keep older points alive, so that those overdue by its day go first."""
        return any(each.expiry is not None and each.expiry.by_inactivity for each in self.program.points)

    def _purchase_refusal(self, transaction_id: str, purchase: Purchase, now: datetime | None) -> str:
        if not is_printable(transaction_id):
            return "TRANSACTION_ID_MUST_BE_PRINTABLE"
        if not is_printable(purchase.member_id):
            return "MEMBER_ID_MUST_BE_PRINTABLE"
        if purchase.currency != self.program.currency:
            return "CURRENCY_MUST_BE_THE_PROGRAMS"
        if min(purchase.amounts.by_kind().values()) >= 0 and purchase.amounts.total() == 0:
            return "AMOUNT_MUST_BE_POSITIVE"
        wrong_amounts = amounts_refusal(purchase.amounts, purchase.treatments)
        if wrong_amounts:
            return wrong_amounts
        if purchase.occurred_at is None:
            return "OCCURRED_AT_REQUIRED"
        if now is not None and self.local_day(purchase.occurred_at) > self.local_day(now):
            return "OCCURRED_AT_MUST_NOT_BE_IN_FUTURE"
        if self.seen(transaction_id, "PURCHASE", purchase) == "OTHER":
            return "TRANSACTION_ID_REUSED"
        return ""
