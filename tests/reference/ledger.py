"""The ledger that all acts share: accounts, ids, what is available, and expiry before every act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.entries import ACTIVITY, EARNED, Account, Entry
from tests.reference.identifiers import is_printable
from tests.reference.lots import Lot, expires_on, is_maturing, lots_left
from tests.reference.points_policy import PointsRevision
from tests.reference.program import ReferenceProgram, number_in_force
from tests.reference.redemption import Redemption
from tests.reference.tier import ReferenceTier

MOST_POINTS = 10**12
"""One act moves at most so many points."""


@dataclass(frozen=True)
class Act:
    """What an id stands for, for ever, and what was answered."""

    kind: str
    payload: Any
    answer: Any


Answer = dict[str, Any]


class Ledger:
    """Accounts and entries over a ReferenceTier. Refusals are names of PointsReason, the first in enum order."""

    def __init__(self, program: ReferenceProgram, tier: ReferenceTier, now: datetime | None = None) -> None:
        self.program = program
        self.tier = tier
        self.now = now
        self.accounts: dict[str, Account] = {}
        self.ledger: list[Entry] = []
        self.acts: dict[str, Act] = {}
        self.redemptions: dict[str, Redemption] = {}
        self._numbers: dict[str, int] = {}

    def today(self) -> date:
        """The present day of the program's time zone."""
        return self.local_day(self.now)

    def local_day(self, instant: datetime | None) -> date:
        """Day of an instant in the program's time zone (DECISIONS, Meanings 21)."""
        if instant is None:
            raise ValueError("an instant is required")
        return instant.astimezone(ZoneInfo(self.program.time_zone)).date()

    def policy(self, day: date) -> PointsRevision:
        """The points policy in force on a day."""
        return self.program.points[number_in_force(self.program.points, day) - 1]

    def seen(self, act_id: str, kind: str, payload: Any) -> str:
        """Whether an id is NEW, stands for this very act (SAME), or for another (OTHER)."""
        if act_id not in self.acts:
            return "NEW"
        act = self.acts[act_id]
        return "SAME" if (act.kind, act.payload) == (kind, payload) else "OTHER"

    def replay(self, act_id: str) -> Answer:
        """The first answer, told again."""
        return {**self.acts[act_id].answer, "replayed": True}

    def id_refusal(self, act_id: str, *member_ids: str) -> str:
        """Refusal of ids that are none."""
        if not is_printable(act_id):
            return "TRANSACTION_ID_MUST_BE_PRINTABLE"
        if not all(is_printable(member_id) for member_id in member_ids):
            return "MEMBER_ID_MUST_BE_PRINTABLE"
        return ""

    def is_erased(self, name: str) -> bool:
        """Whether a member's data was erased, as far as Tier was followed."""
        return name in self.accounts and self.accounts[name].erased

    def entries(self, name: str) -> list[Entry]:
        """The entries of an account, newest first."""
        return [entry for entry in reversed(self.ledger) if entry.account == name]

    def balance(self, name: str) -> int:
        """The sum of the account's entries."""
        return sum(entry.points for entry in self.entries(name))

    def lifetime_earned(self, name: str) -> int:
        """What the account ever earned."""
        return sum(entry.points for entry in self.entries(name) if entry.kind in EARNED)

    def active_on(self, name: str) -> date | None:
        """The day of the last purchase or redemption."""
        days = [entry.occurred_on for entry in self.entries(name) if entry.kind in ACTIVITY]
        return max(days, default=None)

    def held(self, name: str, at: datetime | None) -> int:
        """Points held for payments under way at an instant."""
        if at is None:
            return 0
        holding = [
            each for each in self.redemptions.values() if each.account() == name and each.is_holding(at)
        ]
        return sum(each.points for each in holding)

    def left(self, name: str, day: date, besides: int = 0) -> list[Lot]:
        """What is left of each day's points on a day."""
        within_holding_days = partial(is_maturing, self.program.points, day=day)
        return lots_left(self.entries(name), within_holding_days, besides)

    def matured(self, name: str, besides: int = 0) -> list[Lot]:
        """What is left today and can be spent."""
        return [
            lot
            for lot in self.left(name, self.today(), besides)
            if not is_maturing(self.program.points, lot, self.today())
            and not self.is_overdue(name, lot, self.today())
        ]

    def available(self, name: str) -> int:
        """Points neither held, nor within the holding days of their purchase, nor expired (DECISIONS, Meanings 28)."""
        return sum(lot.points for lot in self.matured(name, self.held(name, self.now)))

    def expires_on(self, name: str, lot: Lot) -> date | None:
        """The day on which points of an account expire."""
        return expires_on(self.program.points, lot, self.active_on(name))

    def is_overdue(self, name: str, lot: Lot, day: date) -> bool:
        """Whether points have expired by a day, whether or not that is posted."""
        due = self.expires_on(name, lot)
        return due is not None and due <= day

    def expire(self, name: str, as_of: date, at: datetime | None = None, run_id: str = "") -> None:
        """Takes what expired by a day, one entry for each day of expiry, as of that day.

        Held points wait for the end of their hold. Source: DECISIONS, Meanings 27.
        """
        due: dict[date, int] = {}
        for lot in self.left(name, as_of, self.held(name, at or self.now)):
            day = self.expires_on(name, lot)
            if day is not None and day <= as_of:
                due[day] = due.get(day, 0) + lot.points
        for day, points in sorted(due.items()):
            self.post(Entry("EXPIRATION", name, -points, day, None, run_id))

    def post(self, entry: Entry) -> None:
        """Writes a line; the account is opened by its first."""
        self.accounts.setdefault(entry.account, Account(entry.account))
        self.ledger.append(entry)

    def keep(self, act_id: str, kind: str, payload: Any, answer: Mapping[str, Any]) -> Answer:
        """Remembers what an id stands for, and answers."""
        self.acts[act_id] = Act(kind, payload, dict(answer))
        return {**answer, "replayed": False}
