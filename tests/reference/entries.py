"""What the points ledger consists of: entries, accounts, and what a purchase is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

KINDS = ("service", "addon", "product", "package")

EARNED = (
    "PURCHASE",
    "PURCHASE_REVERSAL",
    "RENEWAL_BONUS",
    "REFERRAL_BONUS",
    "REFERRAL_REVERSAL",
    "AWARD",
)
"""The kinds of entries that make up what a member earned in life."""

BOUGHT = ("PURCHASE", "PURCHASE_REVERSAL")
"""The kinds of entries that holding days concern (DECISIONS, Meanings 28)."""

ACTIVITY = ("PURCHASE", "REDEMPTION")
"""The kinds of entries that keep points alive (DECISIONS, Meanings 27)."""


@dataclass(frozen=True)
class Amounts:
    """Amounts before discounts by kind, in minor units."""

    service: int = 0
    addon: int = 0
    product: int = 0
    package: int = 0

    def by_kind(self) -> dict[str, int]:
        """The four amounts by the name of their kind."""
        return {kind: getattr(self, kind) for kind in KINDS}

    def total(self) -> int:
        """The sum of the four."""
        return sum(self.by_kind().values())

    def less(self, other: "Amounts") -> "Amounts":
        """What is left of each kind."""
        return Amounts(**{kind: mine - getattr(other, kind) for kind, mine in self.by_kind().items()})


@dataclass(frozen=True)
class Entry:
    """One line of the ledger; `earned_on` None: taken from the oldest points, or given back to them."""

    kind: str
    account: str
    points: int
    occurred_on: date
    earned_on: date | None
    related_id: str = ""
    transaction_id: str = ""
    actor_id: str = ""
    note: str = ""
    receipt: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Account:
    """Whose points: those of a member, with the level as far as Tier was followed, or those of a pool."""

    name: str
    tier_system: str = ""
    level: str = ""
    erased: bool = False


@dataclass(frozen=True)
class Purchase:
    """What a transaction id stands for; the currency as resolved, the instant as given."""

    member_id: str
    occurred_at: datetime | None
    amounts: Amounts
    treatments: int
    property_id: str
    currency: str


@dataclass
class Bought:
    """A purchase with what it gave, and what of it was taken back by now."""

    transaction_id: str
    purchase: Purchase
    day: date
    points_revision: int
    receipt: Mapping[str, Any]
    taken: Amounts = field(default_factory=Amounts)
    taken_treatments: int = 0

    def amounts_left(self) -> Amounts:
        """What is left of each kind of amount."""
        return self.purchase.amounts.less(self.taken)

    def treatments_left(self) -> int:
        """What is left of its treatments."""
        return self.purchase.treatments - self.taken_treatments
