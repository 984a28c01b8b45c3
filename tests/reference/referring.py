"""Bonuses that no act of the member's own brings: for a friend's first treatment, for a renewed level, awards."""

from dataclasses import dataclass
from datetime import date

from tests.reference.entries import Account, Bought, Entry, Purchase
from tests.reference.identifiers import is_printable
from tests.reference.ledger import Answer
from tests.reference.redeeming import Redeeming


@dataclass
class Referral:
    """Who brought a friend; `paid_by` is the purchase with the friend's first treatment, `points` the bonus."""

    friend_id: str
    referrer_id: str
    recorded_on: date
    paid_by: str = ""
    points: int = 0


class Referring(Redeeming):
    """Referrals, renewals and awards; `bought` are all purchases, in the order of their recording."""

    bought: dict[str, Bought]
    referrals: dict[str, Referral]
    awards: set[str]
    _followed: dict[str, int]

    def record_referral(self, friend_id: str, referrer_id: str) -> Answer | str:
        """Notes who brought a friend, before the friend's first treatment, once (DECISIONS, Meanings 32)."""
        if not is_printable(friend_id) or not is_printable(referrer_id):
            return "MEMBER_ID_MUST_BE_PRINTABLE"
        known = self.referrals.get(friend_id)
        if known is not None and known.referrer_id == referrer_id:
            return {"paid_by": known.paid_by, "points": known.points, "replayed": True}
        if self.is_erased(friend_id) or self.is_erased(referrer_id):
            return "MEMBER_ERASED"
        brought_by = self.referrals.get(referrer_id)
        if friend_id == referrer_id or (brought_by is not None and brought_by.referrer_id == friend_id):
            return "REFERRAL_MUST_BE_OF_ANOTHER"
        if known is not None:
            return "REFERRAL_EXISTS"
        if any(
            each.purchase.member_id == friend_id and each.purchase.treatments > 0
            for each in self.bought.values()
        ):
            return "REFERRAL_TOO_LATE"
        if referrer_id not in self.accounts:
            return "REFERRER_UNKNOWN"
        self.referrals[friend_id] = Referral(friend_id, referrer_id, self.today())
        return {"paid_by": "", "points": 0, "replayed": False}

    def pay_referral(self, purchase: Purchase, transaction_id: str, day: date) -> int:
        """Pays whoever brought the member for the first treatment: the bonus of the referrer's level.

        What was taken back comes again with the next treatment. Source: DECISIONS, Meanings 30 and 32.
        """
        referral = self.referrals.get(purchase.member_id)
        if referral is None or referral.paid_by or purchase.treatments == 0:
            return 0
        referrer = self.accounts[referral.referrer_id]
        bonuses = self.policy(day).bonuses_of(referrer.tier_system, referrer.level)
        referral.paid_by = transaction_id
        referral.points = 0 if referrer.erased else bonuses.referral_points
        if referral.points:
            self.post(Entry("REFERRAL_BONUS", referrer.name, referral.points, day, day, referral.friend_id))
        return referral.points

    def take_back_referral(self, bought: Bought, day: date) -> int:
        """Takes the bonus back when no treatment of the purchase that paid it is left (DECISIONS, Meanings 30)."""
        referral = self.referrals.get(bought.purchase.member_id)
        if referral is None or referral.paid_by != bought.transaction_id or bought.treatments_left() > 0:
            return 0
        points, referral.paid_by, referral.points = referral.points, "", 0
        if points:
            self.post(
                Entry("REFERRAL_REVERSAL", referral.referrer_id, -points, day, bought.day, referral.friend_id)
            )
        return points

    def follow(self) -> None:
        """Takes in what Tier has moved: accounts, levels, renewals, erasures (DECISIONS, Meanings 33 and 35)."""
        for member_id, member in self.tier.members.items():
            for move in member.moves[self._followed.get(member_id, 0) :]:
                account = self.accounts.setdefault(member_id, Account(member_id))
                account.level = move.to_level
                account.tier_system = move.tier_system if move.to_level else ""
                account.erased = account.erased or move.reason == "ERASED"
                if move.reason == "RENEWED":
                    self._renew(account, move.effective_on)
            self._followed[member_id] = len(member.moves)

    def _renew(self, account: Account, day: date) -> None:
        points = self.policy(day).bonuses_of(account.tier_system, account.level).renewal_points
        if points:
            self.post(Entry("RENEWAL_BONUS", account.name, points, day, day))

    def award(self, award_id: str, member_id: str, code: str, points: int, day: date) -> None:
        """An award of Benefits, followed once; that of an unknown member waits for the account."""
        if award_id not in self.awards:
            self.awards.add(award_id)
            self.post(Entry("AWARD", member_id, points, day, day, code, f"award {award_id}"))
