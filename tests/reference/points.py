"""The Points service in plain Python: every act on the ledger, the job, and what is told of balances."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from tests.reference.earning import Receipt
from tests.reference.entries import Amounts, Entry
from tests.reference.ledger import Answer
from tests.reference.lots import is_maturing
from tests.reference.program import ReferenceProgram
from tests.reference.sharing import Sharing
from tests.reference.tier import ReferenceTier

__all__ = ["Amounts", "Entry", "Receipt", "ReferencePoints"]


class ReferencePoints(Sharing):
    """The whole ledger. Refusals are names of PointsReason, the first in enum order."""

    def __init__(self, program: ReferenceProgram, tier: ReferenceTier, now: datetime | None = None) -> None:
        super().__init__(program, tier, now)
        self.bought = {}
        self.referrals = {}
        self.awards = set()
        self.pools = {}
        self.founders = {}
        self._followed = {}

    def run_expiration(self, as_of: date, run_id: str = "") -> None:
        """The job points-expiration; what was held when the day of the run began waits for the next day's."""
        began = datetime.combine(as_of, time(), ZoneInfo(self.program.time_zone)).astimezone(UTC)
        for name in sorted(self.accounts):
            self.expire(name, as_of, began, run_id)

    def told_balance(self, name: str) -> Answer:
        """A member's balance, and what of it can be spent."""
        held, available = self.held(name, self.now), self.available(name)
        maturing = [
            lot
            for lot in self.left(name, self.today(), held)
            if is_maturing(self.program.points, lot, self.today())
            and not self.is_overdue(name, lot, self.today())
        ]
        next_on, next_points = self._next_expiry(name)
        terms = self.policy(self.today()).redeeming
        return {
            "balance": self.balance(name),
            "lifetime_earned": self.lifetime_earned(name),
            "available": available,
            "held": held,
            "maturing": sum(lot.points for lot in maturing),
            "next_expiry_on": next_on,
            "next_expiry_points": next_points,
            "available_value_minor": 0 if terms is None else terms.worth(available),
        }

    def liability(self, day: date) -> Answer:
        """What the program owes at the end of a day, by balances of that day."""
        balances = []
        for name in self.accounts:
            entries = [each for each in self.entries(name) if each.occurred_on <= day]
            balances.append(sum(each.points for each in entries))
        return {
            "points": sum(balances),
            "points_owed": sum(min(each, 0) for each in balances),
            "accounts": sum(each != 0 for each in balances),
        }

    def _next_expiry(self, name: str) -> tuple[date | None, int]:
        """The next day after today on which anything expires, and what does."""
        due: dict[date, int] = {}
        for lot in self.left(name, self.today(), self.held(name, self.now)):
            day = self.expires_on(name, lot)
            if day is not None and day > self.today():
                due[day] = due.get(day, 0) + lot.points
        return min(due.items(), default=(None, 0))
