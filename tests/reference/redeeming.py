"""Spending: payments by points, authorised and captured, cancelled, ended by time, and given back."""

from datetime import datetime, timedelta

from tests.reference.entries import Entry
from tests.reference.ledger import MOST_POINTS, Answer, Ledger
from tests.reference.redemption import Redemption


class Redeeming(Ledger):
    """Payments. Source: DECISIONS, Meanings 29."""

    pools: dict[str, list[str]]

    def redeem(
        self, redemption_id: str, member_id: str, points: int, pool_id: str = "", *, at_once: bool = True
    ) -> Answer | str:
        """Takes points for a payment, or holds them until they are captured."""
        kind, payload = ("REDEMPTION" if at_once else "HOLD"), (member_id, pool_id, points)
        seen = self.seen(redemption_id, kind, payload)
        refusal = self.id_refusal(redemption_id, member_id)
        if refusal:
            return refusal
        if seen == "SAME":
            return {**self.redemptions[redemption_id].told(self._instant()), "replayed": True}
        refusal = (
            "TRANSACTION_ID_REUSED" if seen == "OTHER" else self._payment_refusal(member_id, points, pool_id)
        )
        terms = self.policy(self.today()).redeeming
        if refusal or terms is None:
            return refusal
        minutes = timedelta(minutes=terms.hold_minutes or 30)
        redemption = Redemption(
            redemption_id, member_id, pool_id, points, terms, self._instant() + minutes, self.today()
        )
        self.expire(redemption.account(), self.today())
        self.redemptions[redemption_id] = redemption
        if at_once:
            self._take(redemption, points)
        return self.keep(redemption_id, kind, payload, redemption.told(self._instant()))

    def capture(self, redemption_id: str, points: int = 0) -> Answer | str:
        """Takes the points that a hold stands for, or fewer in whole steps; what is not taken is free again."""
        redemption = self.redemptions.get(redemption_id)
        if self.id_refusal(redemption_id):
            return self.id_refusal(redemption_id)
        if points < 0:
            return "POINTS_MUST_BE_POSITIVE"
        if redemption is None:
            return "REDEMPTION_UNKNOWN"
        wanted = points or redemption.points
        if redemption.state == "CAPTURED" and wanted == redemption.captured:
            return {**redemption.told(self._instant()), "replayed": True}
        if wanted % redemption.terms.step():
            return "POINTS_MUST_FIT_STEP"
        if redemption.state != "AUTHORISED":
            return "HOLD_ENDED"
        if not redemption.is_holding(self._instant()):
            return "HOLD_EXPIRED"
        if wanted > redemption.points:
            return "CAPTURE_ABOVE_HOLD"
        self.expire(redemption.account(), self.today())
        self._take(redemption, wanted)
        return {**redemption.told(self._instant()), "replayed": False}

    def cancel(self, redemption_id: str) -> Answer | str:
        """Gives up a hold."""
        redemption = self.redemptions.get(redemption_id)
        if self.id_refusal(redemption_id):
            return self.id_refusal(redemption_id)
        if redemption is None:
            return "REDEMPTION_UNKNOWN"
        if redemption.state == "CAPTURED":
            return "HOLD_ENDED"
        was_holding = redemption.is_holding(self._instant())
        if was_holding:
            redemption.state = "CANCELLED"
        return {**redemption.told(self._instant()), "replayed": not was_holding}

    def give_back(self, reversal_id: str, redemption_id: str, points: int = 0) -> Answer | str:
        """Gives back points of a payment, in parts; they go to the oldest, with the age that they had."""
        redemption = self.redemptions.get(redemption_id)
        refusal = self.id_refusal(reversal_id) or self.id_refusal(redemption_id)
        if refusal:
            return refusal
        seen = self.seen(reversal_id, "REDEMPTION_REVERSAL", (redemption_id, points))
        if seen == "SAME":
            return self.replay(reversal_id)
        if seen == "OTHER":
            return "TRANSACTION_ID_REUSED"
        left = 0 if redemption is None else redemption.captured - redemption.given_back
        is_captured = redemption is not None and redemption.state == "CAPTURED"
        if is_captured and (points > left or left == 0):
            return "REVERSAL_ABOVE_ORIGINAL"
        if points < 0:
            return "POINTS_MUST_BE_POSITIVE"
        if redemption is None:
            return "REDEMPTION_UNKNOWN"
        if not is_captured:
            return "REDEMPTION_NOT_CAPTURED"
        self.expire(redemption.account(), self.today())
        back = points or left
        redemption.given_back += back
        self.post(
            Entry(
                "REDEMPTION_REVERSAL",
                redemption.account(),
                back,
                self.today(),
                None,
                redemption_id,
                reversal_id,
            )
        )
        return self.keep(reversal_id, "REDEMPTION_REVERSAL", (redemption_id, points), {"points": back})

    def _payment_refusal(self, member_id: str, points: int, pool_id: str) -> str:
        terms = self.policy(self.today()).redeeming
        if member_id not in self.accounts:
            return "MEMBER_UNKNOWN"
        if points > MOST_POINTS:
            return "POINTS_ABOVE_LIMIT"
        if self.is_erased(member_id):
            return "MEMBER_ERASED"
        if points <= 0:
            return "POINTS_MUST_BE_POSITIVE"
        if terms is None:
            return "REDEMPTION_NOT_OFFERED"
        if points < terms.minimum():
            return "POINTS_BELOW_MINIMUM"
        if points % terms.step():
            return "POINTS_MUST_FIT_STEP"
        if pool_id and pool_id not in self.pools:
            return "POOL_UNKNOWN"
        if pool_id and member_id not in self.pools[pool_id]:
            return "POOL_MEMBERSHIP_REQUIRED"
        if points > self.available(f"pool {pool_id}" if pool_id else member_id):
            return "BALANCE_TOO_LOW"
        return ""

    def _take(self, redemption: Redemption, points: int) -> None:
        redemption.state, redemption.captured = "CAPTURED", points
        self.post(
            Entry(
                "REDEMPTION",
                redemption.account(),
                -points,
                self.today(),
                None,
                transaction_id=redemption.redemption_id,
            )
        )

    def _instant(self) -> datetime:
        if self.now is None:
            raise ValueError("payments need a clock")
        return self.now
