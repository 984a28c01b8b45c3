"""One payment by points."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.reference.points_policy import Redeeming


@dataclass
class Redemption:
    """A payment as it has come so far; `state` EXPIRED is told by the time."""

    redemption_id: str
    member_id: str
    pool_id: str
    points: int
    terms: Redeeming
    expires_at: datetime
    occurred_on: date
    state: str = "AUTHORISED"
    captured: int = 0
    given_back: int = 0

    def account(self) -> str:
        """Whose points are taken."""
        return f"pool {self.pool_id}" if self.pool_id else self.member_id

    def is_holding(self, at: datetime) -> bool:
        """Whether it holds points at an instant."""
        return self.state == "AUTHORISED" and at < self.expires_at

    def told(self, at: datetime) -> dict[str, Any]:
        """As it is told at an instant."""
        expired = self.state == "AUTHORISED" and not self.is_holding(at)
        return {
            "state": "EXPIRED" if expired else self.state,
            "points": self.points,
            "value_minor": self.terms.worth(self.points),
            "captured_points": self.captured,
            "captured_value_minor": self.terms.worth(self.captured),
            "reversed_points": self.given_back,
            "occurred_on": self.occurred_on,
            "expires_at": self.expires_at,
        }
