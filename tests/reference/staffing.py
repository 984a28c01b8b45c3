"""Points that come and go by decision of staff: adjustments, reinstatements, opening balances."""

from datetime import date, timedelta

from tests.reference.entries import Entry
from tests.reference.ledger import MOST_POINTS, Answer
from tests.reference.refunding import Refunding


class Staffing(Refunding):
    """Acts of staff. Source: DECISIONS, Meanings 27 and 28."""

    def adjust(self, act_id: str, member_id: str, points: int, actor_id: str, note: str) -> Answer | str:
        """Adds points as new ones of today, or takes the oldest that are available."""
        payload = (member_id, points, actor_id, note)
        refusal = self.id_refusal(act_id, member_id)
        if refusal:
            return refusal
        seen = self.seen(act_id, "ADJUSTMENT", payload)
        if seen == "SAME":
            return self.replay(act_id)
        refusal = "TRANSACTION_ID_REUSED" if seen == "OTHER" else self._adjustment_refusal(*payload)
        if refusal:
            return refusal
        self.expire(member_id, self.today())
        earned_on = self.today() if points > 0 else None
        self.post(Entry("ADJUSTMENT", member_id, points, self.today(), earned_on, "", act_id, actor_id, note))
        return self.keep(act_id, "ADJUSTMENT", payload, {"points": points})

    def reinstate(self, act_id: str, member_id: str, points: int, actor_id: str, note: str) -> Answer | str:
        """Gives back what expired within the program's days, as new points of today; 0: all of it."""
        payload = (member_id, points, actor_id, note)
        refusal = self.id_refusal(act_id, member_id)
        if refusal:
            return refusal
        seen = self.seen(act_id, "REINSTATEMENT", payload)
        if seen == "SAME":
            return self.replay(act_id)
        if seen == "OTHER":
            return "TRANSACTION_ID_REUSED"
        if member_id not in self.accounts:
            return "MEMBER_UNKNOWN"
        could = self.reinstatable(member_id)
        if (points or could) > MOST_POINTS:
            return "POINTS_ABOVE_LIMIT"
        refusal = "MEMBER_ERASED" if self.is_erased(member_id) else ""
        refusal = refusal or ("POINTS_MUST_BE_POSITIVE" if points < 0 else "")
        refusal = refusal or self._staff_refusal(actor_id, note)
        if refusal:
            return refusal
        if points > could or could == 0:
            return "NOTHING_TO_REINSTATE"
        self.expire(member_id, self.today())
        given = points or could
        self.post(
            Entry("REINSTATEMENT", member_id, given, self.today(), self.today(), "", act_id, actor_id, note)
        )
        return self.keep(act_id, "REINSTATEMENT", payload, {"points": given})

    def reinstatable(self, member_id: str) -> int:
        """What expired within the days and was not given back; what was given back had expired last."""
        expiry = self.policy(self.today()).expiry
        if expiry is None:
            return 0
        lost: list[tuple[date, int]] = []
        for day, points in sorted(self._lost_and_given_back(member_id), key=lambda each: each[0]):
            if points > 0:
                lost.append((day, points))
                continue
            back = -points
            while back > 0:
                last, rest = lost.pop()
                if rest > back:
                    lost.append((last, rest - back))
                back -= min(rest, back)
        since = self.today() - timedelta(days=expiry.reinstatement_days)
        return 0 if expiry.reinstatement_days == 0 else sum(points for day, points in lost if day >= since)

    def open_balance(self, act_id: str, member_id: str, points: int, earned_on: date | None) -> str | bool:
        """Points brought along from another system; whether they were posted before, or the refusal."""
        payload = (member_id, points, earned_on)
        refusal = self.id_refusal(act_id, member_id)
        if refusal:
            return refusal
        seen = self.seen(act_id, "OPENING_BALANCE", payload)
        if seen == "SAME":
            return True
        if seen == "OTHER":
            return "TRANSACTION_ID_REUSED"
        if member_id not in self.accounts:
            return "MEMBER_UNKNOWN"
        if points > MOST_POINTS:
            return "POINTS_ABOVE_LIMIT"
        if self.is_erased(member_id):
            return "MEMBER_ERASED"
        if points <= 0:
            return "POINTS_MUST_BE_POSITIVE"
        day = self.today() if earned_on is None else earned_on
        if day > self.today():
            return "DATE_MUST_NOT_BE_IN_FUTURE"
        self.expire(member_id, self.today())
        self.post(Entry("OPENING_BALANCE", member_id, points, self.today(), day, "", act_id))
        self.keep(act_id, "OPENING_BALANCE", payload, {})
        return False

    def _lost_and_given_back(self, member_id: str) -> list[tuple[date, int]]:
        """Expirations, posted or overdue, and reinstatements (negative), in the order of the ledger."""
        kinds = ("EXPIRATION", "REINSTATEMENT")
        told = [
            (entry.occurred_on, -entry.points)
            for entry in reversed(self.entries(member_id))
            if entry.kind in kinds
        ]
        for lot in self.left(member_id, self.today(), self.held(member_id, self.now)):
            day = self.expires_on(member_id, lot)
            if day is not None and day <= self.today():
                told.append((day, lot.points))
        return told

    def _adjustment_refusal(self, member_id: str, points: int, actor_id: str, note: str) -> str:
        if member_id not in self.accounts:
            return "MEMBER_UNKNOWN"
        if abs(points) > MOST_POINTS:
            return "POINTS_ABOVE_LIMIT"
        if self.is_erased(member_id):
            return "MEMBER_ERASED"
        if points == 0:
            return "POINTS_MUST_NOT_BE_ZERO"
        if -points > self.available(member_id):
            return "BALANCE_TOO_LOW"
        refusal = self._staff_refusal(actor_id, note)
        if refusal:
            return refusal
        limit = self.policy(self.today()).adjustment_limit
        return "ADJUSTMENT_ABOVE_LIMIT" if abs(points) > limit else ""

    def _staff_refusal(self, actor_id: str, note: str) -> str:
        if not actor_id:
            return "ACTOR_REQUIRED"
        return "" if note else "NOTE_REQUIRED"
