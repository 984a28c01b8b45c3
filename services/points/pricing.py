"""What Points asks of the Tier service, whatever carries the question."""

from typing import Protocol

from services.points.columns import Pending, Priced
from services.points.reversal_columns import Reversals, Reversed


class PricingFailed(Exception):
    """Tier did not answer for a batch; the same batch may be asked again, now or much later.

    `away` tells whether Tier could not be reached in time, or was reached and failed.
    """

    def __init__(self, text: str, *, away: bool) -> None:
        super().__init__(text)
        self.away = away


class Pricing(Protocol):
    """Prices and records purchases, once for ever by transaction id, at most 1,000 at a time."""

    async def price(self, pending: Pending) -> Priced:
        """One answer per purchase, in order. Raises PricingFailed."""
        ...

    async def quote(self, pending: Pending) -> Priced:
        """What `price` would answer to each of them alone; records nothing. Raises PricingFailed."""
        ...


class Reversing(Protocol):
    """Takes back what purchases counted, once for ever by reversal id, at most 1,000 at a time."""

    async def reverse(self, reversals: Reversals) -> Reversed:
        """One answer per reversal, in order. Raises PricingFailed."""
        ...
