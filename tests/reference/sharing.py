"""Points given to others: transfers that keep the age of points, and pools that a household shares."""

from dataclasses import replace
from datetime import date

from tests.reference.entries import Account, Entry
from tests.reference.ledger import MOST_POINTS, Answer
from tests.reference.lots import Lot
from tests.reference.staffing import Staffing

POOL = "pool "


class Sharing(Staffing):
    """Transfers and pools. Source: DECISIONS, Meanings 34."""

    founders: dict[str, str]

    def transfer(
        self, transfer_id: str, giver: str, taker: str, points: int, on_behalf_of: str = ""
    ) -> Answer | str:
        """Moves the oldest available points; accounts of pools bear the prefix."""
        payload = (giver, taker, points, on_behalf_of)
        names = [name for name in (giver, taker, on_behalf_of) if name and not name.startswith(POOL)]
        refusal = self.id_refusal(transfer_id, *names)
        if refusal:
            return refusal
        seen = self.seen(transfer_id, "TRANSFER_OUT", payload)
        if seen == "OTHER":
            return "TRANSACTION_ID_REUSED"
        if seen == "NEW":
            refusal = self._transfer_refusal(giver, taker, points, on_behalf_of)
            if refusal:
                return refusal
            self.expire(giver, self.today())
            self.expire(taker, self.today())
            self._move(transfer_id, giver, taker, points, self._oldest(giver, points))
            self.keep(transfer_id, "TRANSFER_OUT", payload, {})
        return {
            "from_balance": self.balance(giver),
            "to_balance": self.balance(taker),
            "replayed": seen == "SAME",
        }

    def create_pool(self, pool_id: str, member_id: str) -> Answer | str:
        """Founds a pool; the id is one household's for ever."""
        refusal = self.id_refusal(pool_id, member_id) or self._member_refusal(member_id)
        if refusal:
            return refusal
        if member_id == self.founders.get(pool_id) and member_id in self.pools.get(pool_id, []):
            return self.told_pool(pool_id)
        if f"{POOL}{pool_id}" in self.accounts:
            return "POOL_EXISTS"
        if self._pool_of(member_id):
            return "POOL_MEMBERSHIP_TAKEN"
        self.pools[pool_id], self.founders[pool_id] = [member_id], member_id
        self.accounts[f"{POOL}{pool_id}"] = Account(f"{POOL}{pool_id}")
        return self.told_pool(pool_id)

    def add_to_pool(self, pool_id: str, member_id: str) -> Answer | str:
        """Takes a member into a pool; each is in one at most."""
        refusal = self._member_refusal(member_id)
        if refusal:
            return refusal
        if pool_id not in self.pools:
            return "POOL_UNKNOWN"
        if self._pool_of(member_id) not in ("", pool_id):
            return "POOL_MEMBERSHIP_TAKEN"
        if member_id not in self.pools[pool_id]:
            self.pools[pool_id].append(member_id)
        return self.told_pool(pool_id)

    def leave_pool(self, pool_id: str, member_id: str) -> Answer | str:
        """Lets a member go; who leaves last takes along what is in the pool, and its holds are given up."""
        if pool_id not in self.pools:
            return "POOL_UNKNOWN"
        if member_id not in self.pools[pool_id]:
            return "POOL_MEMBERSHIP_REQUIRED"
        self.pools[pool_id].remove(member_id)
        taken_along = 0
        if not self.pools[pool_id]:
            taken_along = self._close(pool_id, member_id)
        return {"points_taken_along": taken_along}

    def _close(self, pool_id: str, member_id: str) -> int:
        account = f"{POOL}{pool_id}"
        for redemption in self.redemptions.values():
            if redemption.account() == account and redemption.is_holding(self._instant()):
                redemption.state = "CANCELLED"
        self.expire(account, self.today())
        self.expire(member_id, self.today())
        del self.pools[pool_id]
        points = self.balance(account)
        if points:
            self._move("", account, member_id, points, self.left(account, self.today()))
        return points

    def _move(self, transfer_id: str, giver: str, taker: str, points: int, lots: list[Lot]) -> None:
        """One entry a day of expiry on the receiving side, one in all where points do not expire."""
        by_expiry: dict[date | None, list[Lot]] = {}
        for lot in lots:
            by_expiry.setdefault(self.expires_on(giver, lot), []).append(self._aged(giver, lot))
        self.post(Entry("TRANSFER_OUT", giver, -points, self.today(), None, taker, transfer_id))
        for together in by_expiry.values():
            moved, age = sum(lot.points for lot in together), max(lot.day for lot in together)
            self.post(Entry("TRANSFER_IN", taker, moved, self.today(), age, giver))

    def _aged(self, name: str, lot: Lot) -> Lot:
        """Points that purchases have kept alive are as old as the last of these."""
        expiry, active_on = self.policy(self.today()).expiry, self.active_on(name)
        if expiry is None or not expiry.by_inactivity or active_on is None:
            return lot
        return replace(lot, day=max(lot.day, active_on))

    def _oldest(self, name: str, points: int) -> list[Lot]:
        """The oldest points that can be spent; a hold makes none younger."""
        taken: list[Lot] = []
        for lot in self.matured(name):
            part = min(points, lot.points)
            points -= part
            if part:
                taken.append(replace(lot, points=part))
        return taken

    def _transfer_refusal(self, giver: str, taker: str, points: int, on_behalf_of: str) -> str:
        members = [name for name in (giver, taker, on_behalf_of) if name and not name.startswith(POOL)]
        pools = [name.removeprefix(POOL) for name in (giver, taker) if name.startswith(POOL)]
        if any(name not in self.accounts for name in members):
            return "MEMBER_UNKNOWN"
        if points > MOST_POINTS:
            return "POINTS_ABOVE_LIMIT"
        if any(self.is_erased(name) for name in members):
            return "MEMBER_ERASED"
        if points <= 0:
            return "POINTS_MUST_BE_POSITIVE"
        if giver == taker:
            return "TRANSFER_TO_ITSELF"
        if any(name not in self.pools for name in pools):
            return "POOL_UNKNOWN"
        if giver.startswith(POOL):
            if taker.startswith(POOL) or on_behalf_of not in self.pools[giver.removeprefix(POOL)]:
                return "POOL_MEMBERSHIP_REQUIRED"
        elif on_behalf_of not in ("", giver):
            return "POOL_MEMBERSHIP_REQUIRED"
        if taker.startswith(POOL) and giver not in self.pools[taker.removeprefix(POOL)]:
            return "POOL_MEMBERSHIP_REQUIRED"
        return "BALANCE_TOO_LOW" if points > self.available(giver) else ""

    def _member_refusal(self, member_id: str) -> str:
        refusal = self.id_refusal("-", member_id)
        if refusal:
            return refusal
        if member_id not in self.accounts:
            return "MEMBER_UNKNOWN"
        return "MEMBER_ERASED" if self.is_erased(member_id) else ""

    def _pool_of(self, member_id: str) -> str:
        return next((pool_id for pool_id, members in self.pools.items() if member_id in members), "")

    def told_pool(self, pool_id: str) -> Answer:
        """Its members, what is in it, and what of that can be spent."""
        account = f"{POOL}{pool_id}"
        return {
            "member_ids": list(self.pools[pool_id]),
            "balance": self.balance(account),
            "available": self.available(account),
        }
