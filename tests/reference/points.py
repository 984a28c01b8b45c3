"""The Points service in plain Python: base points, the ledger, the balance."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from tests.reference.identifiers import is_printable
from tests.reference.program import ReferenceProgram, number_in_force
from tests.reference.tier import ReferenceTier

MAX_AMOUNT_MINOR = 10**12
MAX_TREATMENTS = 1000

POINTS_REASON_OF_TIER = {
    "MEMBER_UNKNOWN": "MEMBER_UNKNOWN",
    "PROPERTY_UNKNOWN": "PROPERTY_UNKNOWN",
    "DATE_BEFORE_ENROLMENT": "OCCURRED_BEFORE_ENROLMENT",
}


@dataclass(frozen=True)
class Amounts:
    """Amounts before discounts by kind, in minor units."""

    service: int = 0
    addon: int = 0
    product: int = 0
    package: int = 0

    def by_kind(self) -> dict[str, int]:
        """The four amounts by the name of their kind."""
        return {
            "service": self.service,
            "addon": self.addon,
            "product": self.product,
            "package": self.package,
        }


class Receipt(TypedDict):
    """What a purchase earned and changed; always posted, for here Tier is never unreachable."""

    points: int
    base_micropoints: int
    level_multiplier_bp: int
    property_multiplier_bp: int
    level: str
    treatment_ordinal: int
    level_after: str
    move_reason: str
    replayed: bool
    tier_revision: int
    points_revision: int


@dataclass(frozen=True)
class Entry:
    """One line of the ledger."""

    transaction_id: str
    member_id: str
    points: int
    occurred_on: date
    receipt: Receipt


@dataclass(frozen=True)
class Purchase:
    """What a transaction id stands for; the currency as resolved, the instant as given."""

    member_id: str
    occurred_at: datetime | None
    amounts: Amounts
    treatments: int
    property_id: str
    currency: str


def amounts_refusal(purchase: Purchase) -> str:
    """Refusal of the numbers alone, or empty; the limit holds for the sum of the four amounts."""
    amounts = purchase.amounts.by_kind().values()
    if min(amounts) < 0:
        return "AMOUNT_MUST_NOT_BE_NEGATIVE"
    if sum(amounts) == 0:
        return "AMOUNT_MUST_BE_POSITIVE"
    if sum(amounts) > MAX_AMOUNT_MINOR:
        return "AMOUNT_ABOVE_LIMIT"
    if not 0 <= purchase.treatments <= MAX_TREATMENTS:
        return "TREATMENTS_OUT_OF_RANGE"
    return ""


class ReferencePoints:
    """The ledger over a ReferenceTier. Refusals are names of PointsReason, the first in enum order."""

    def __init__(self, program: ReferenceProgram, tier: ReferenceTier) -> None:
        self.program = program
        self.tier = tier
        self.ledger: list[Entry] = []
        self._recorded: dict[str, tuple[Purchase, Receipt]] = {}

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

        Base points in millionths are the sum of amount x rate over the four kinds, by the rates in
        force on the day of the purchase. A refused purchase leaves its transaction id free.
        """
        purchase = Purchase(
            member_id, occurred_at, amounts, treatments, property_id, currency or self.program.currency
        )
        refusal = self._refusal(transaction_id, purchase, now)
        if refusal:
            return refusal
        if transaction_id in self._recorded:
            return Receipt(**{**self._recorded[transaction_id][1], "replayed": True})
        day = self._local_day(occurred_at)
        number = number_in_force(self.program.points, day)
        policy = self.program.points[number - 1]
        base = spend = 0
        for kind, amount_minor in amounts.by_kind().items():
            base += amount_minor * policy.rates_bp[kind]
            if kind in policy.qualifying:
                spend += amount_minor
        answer = self.tier.record(transaction_id, member_id, property_id, day, base, spend, treatments)
        if isinstance(answer, str):
            return POINTS_REASON_OF_TIER[answer]
        receipt = Receipt(
            points=answer["points"],
            base_micropoints=base,
            level_multiplier_bp=answer["level_multiplier_bp"],
            property_multiplier_bp=answer["property_multiplier_bp"],
            level=answer["level"],
            treatment_ordinal=answer["treatment_ordinal"],
            level_after=answer["level_after"],
            move_reason=answer["move_reason"],
            replayed=False,
            tier_revision=answer["revision"],
            points_revision=number,
        )
        self._recorded[transaction_id] = (purchase, receipt)
        self.ledger.append(Entry(transaction_id, member_id, receipt["points"], day, receipt))
        return receipt

    def balance(self, member_id: str) -> int:
        """The sum of the member's entries."""
        return sum(entry.points for entry in self.entries(member_id))

    def entries(self, member_id: str) -> list[Entry]:
        """The member's entries, newest first."""
        return [entry for entry in reversed(self.ledger) if entry.member_id == member_id]

    def _refusal(self, transaction_id: str, purchase: Purchase, now: datetime | None) -> str:
        if not is_printable(transaction_id):
            return "TRANSACTION_ID_MUST_BE_PRINTABLE"
        if not is_printable(purchase.member_id):
            return "MEMBER_ID_MUST_BE_PRINTABLE"
        if purchase.currency != self.program.currency:
            return "CURRENCY_MUST_BE_THE_PROGRAMS"
        wrong_amounts = amounts_refusal(purchase)
        if wrong_amounts:
            return wrong_amounts
        if purchase.occurred_at is None:
            return "OCCURRED_AT_REQUIRED"
        if now is not None and self._local_day(purchase.occurred_at) > self._local_day(now):
            return "OCCURRED_AT_MUST_NOT_BE_IN_FUTURE"
        if transaction_id in self._recorded and self._recorded[transaction_id][0] != purchase:
            return "TRANSACTION_ID_REUSED"
        return ""

    def _local_day(self, instant: datetime | None) -> date:
        """Day of an instant in the program's time zone (DECISIONS Meanings 21)."""
        if instant is None:
            raise ValueError("an instant is required")
        return instant.astimezone(ZoneInfo(self.program.time_zone)).date()
