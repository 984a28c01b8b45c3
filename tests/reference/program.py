"""A program: its revisions, which of them is in force on a day, and when it resets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from itertools import pairwise
from typing import Protocol

from tests.reference.calendar import add_months
from tests.reference.ladder import ONE_BP, BenefitsRevision, Level, System, TierRevision
from tests.reference.points_policy import PointsRevision


class Dated(Protocol):
    """Anything in force from a day on."""

    @property
    def effective_from(self) -> date:
        """First day in force."""
        ...


def number_in_force(revisions: Sequence[Dated], day: date, without: Collection[int] = ()) -> int:
    """Number (from 1) of the revision in force on a day; the first is in force since ever.

    Of several that have begun, the one that began last; of equals, the one applied last; `without` the numbers of
    those that do not hold on that day.
    """
    chosen = 1
    for number in range(2, len(revisions) + 1):
        begins = revisions[number - 1].effective_from
        if begins > day or number in without:
            continue
        if chosen == 1 or begins >= revisions[chosen - 1].effective_from:
            chosen = number
    return chosen


@dataclass(frozen=True)
class PropertyEdit:
    """A property's multiplier for what is recorded from now on and dated from a day on."""

    property_id: str
    since: date
    multiplier_bp: int


@dataclass(frozen=True)
class Segment:
    """Days [start, end) on which one revision is in force."""

    start: date
    end: date
    revision: TierRevision


class ReferenceProgram:
    """The policies of one program; later revisions are appended to the three lists."""

    def __init__(
        self,
        revisions: Sequence[TierRevision],
        points: Sequence[PointsRevision] = (),
        benefits: Sequence[BenefitsRevision] = (),
        currency: str = "MYR",
        time_zone: str = "Asia/Kuala_Lumpur",
    ) -> None:
        self.revisions = list(revisions)
        self.points = list(points)
        self.benefits = list(benefits)
        self.currency = currency
        self.time_zone = time_zone
        self.cancelled: set[int] = set()
        self.property_edits: list[PropertyEdit] = []
        for name, multiplier_bp in self.revisions[0].properties.items():
            self.edit_property(name, multiplier_bp, date.min)

    def apply(self, revision: TierRevision, today: date, *, is_new: bool = True) -> None:
        """Adds a revision; what it changes of properties' multipliers it changes at once (DECISIONS Meanings 17).

        A multiplier that it states as the one before did is not touched, a new property has its own since ever. One
        that is in force already is not added again.
        """
        stated_before = self.revisions[-1].properties
        if is_new:
            self.revisions.append(revision)
        for name, stated in revision.properties.items():
            if name not in [edit.property_id for edit in self.property_edits]:
                self.edit_property(name, stated, date.min)
            elif stated != stated_before.get(name) and stated != self.property_multiplier_bp(name, today):
                self.edit_property(name, stated, today)

    def edit_property(self, property_id: str, multiplier_bp: int, today: date) -> None:
        """Changes a property's multiplier at once (Engage, Editing a Property)."""
        self.property_edits.append(PropertyEdit(property_id, today, multiplier_bp))

    def property_multiplier_bp(self, property_id: str, day: date) -> int:
        """Factor of a property for a purchase of a day recorded now; 1 where none is named or none was set by then."""
        multiplier_bp = ONE_BP
        for edit in self.property_edits:
            if edit.property_id == property_id and edit.since <= day:
                multiplier_bp = edit.multiplier_bp
        return multiplier_bp

    def boundaries(self) -> list[date]:
        """The days on which another revision may begin to hold, in order; the first is before all others."""
        days = {date.min}
        for revision in self.revisions:
            days.add(revision.effective_from)
            if revision.effective_until is not None:
                days.add(revision.effective_until)
        return sorted(days)

    def segments(self) -> list[Segment]:
        """The days of each revision in force, in order; a revision may come back after another's range."""
        days = self.boundaries()
        return [
            Segment(start, end, self.tier(start)) for start, end in pairwise([*days, date.max]) if start < end
        ]

    def revision_number(self, day: date) -> int:
        """Number of the tier revision in force on a day: none that was cancelled or whose range is over.

        Source: DECISIONS Meanings 17.
        """
        without = set(self.cancelled)
        for number, revision in enumerate(self.revisions, start=1):
            if revision.effective_until is not None and revision.effective_until <= day:
                without.add(number)
        return number_in_force(self.revisions, day, without)

    def tier(self, day: date) -> TierRevision:
        """The tier policy in force on a day."""
        return self.revisions[self.revision_number(day) - 1]

    def joined_system(self, member_id: str, attribute: str, day: date) -> str:
        """The system that a member joins: by the attribute, else by the split, else the default one.

        Source: DECISIONS Meanings 18.
        """
        policy = self.tier(day)
        if attribute:
            return attribute
        return share_of(policy, member_id) if policy.shares else policy.default_system

    def system(self, external_id: str, day: date) -> System | None:
        """A tier system as the policy in force on a day defines it."""
        return self.tier(day).system(external_id)

    def known_system(self, external_id: str, day: date) -> System:
        """The same, where the member's own standing proves that it exists."""
        system = self.system(external_id, day)
        if system is None:
            raise LookupError(external_id)
        return system

    def level_multiplier_bp(self, external_id: str, level: str, day: date) -> int:
        """Factor of a level on a day; 1 in an inactive system, or where the day had no such level."""
        held = self.level_held(external_id, level, day)
        return ONE_BP if held is None else held.multiplier_bp or ONE_BP

    def level_held(self, external_id: str, level: str, day: date) -> Level | None:
        """A level as it is on a day; None in an inactive system, or where the day had no such level."""
        system = self.system(external_id, day)
        if system is None or not system.active or level not in [each.code for each in system.levels]:
            return None
        return system.levels[system.rank_of(level)]

    def birthday_multiplier_bp(
        self, external_id: str, level: str, birthday: date | None, day: date
    ) -> int | None:
        """Factor of a level in the calendar month of the birthday; None in other months, and where it has none."""
        held = self.level_held(external_id, level, day)
        if held is None or birthday is None or birthday.month != day.month:
            return None
        return held.birthday_multiplier_bp

    def package_bonus_bp(self, external_id: str, level: str, day: date) -> int:
        """Share by which a level increases what packages give."""
        held = self.level_held(external_id, level, day)
        return 0 if held is None else held.package_bonus_bp

    def reset_dates(self, external_id: str, until: date) -> list[date]:
        """Every reset date of a system up to `until`, in order.

        A date of a revision's calendar (anchor, anchor + 1 period, ...) is a reset date when that
        revision is in force on it and the system is active in it. Source: DECISIONS Meanings 8, 17.
        """
        dates: set[date] = set()
        for number, revision in enumerate(self.revisions, start=1):
            system = revision.system(external_id)
            if number in self.cancelled or system is None or not system.active:
                continue
            if system.maintenance != "RESET":
                continue
            if system.next_reset is None:
                raise ValueError("RESET maintenance without a next reset")
            months = 1 if system.repeats == "MONTHLY" else 12
            periods = 0
            while add_months(system.next_reset, months * periods) <= until:
                day = add_months(system.next_reset, months * periods)
                if self.revision_number(day) == number:
                    dates.add(day)
                periods += 1
        return sorted(dates)

    def next_reset_after(self, external_id: str, day: date) -> date | None:
        """The first reset date strictly after a day, as far as the known revisions tell."""
        horizon = max(day, self.boundaries()[-1])
        for revision in self.revisions:
            system = revision.system(external_id)
            if system is not None and system.next_reset is not None:
                horizon = max(horizon, system.next_reset)
        for reset in self.reset_dates(external_id, add_months(horizon, 25)):
            if reset > day:
                return reset
        return None


def share_of(policy: TierRevision, member_id: str) -> str:
    """The system of a split that a member falls to: by the member's id and the split's salt only.

    The shares lie end to end on 0 to 99, in the order of the policy; each member has one place there.
    """
    key = blake2b(policy.salt.encode()).digest()
    place = int.from_bytes(blake2b(member_id.encode(), key=key, digest_size=8).digest()) % 100
    until = 0
    for system, percent in policy.shares:
        until += percent
        if place < until:
            return system
    raise ValueError("the shares do not sum to 100")
