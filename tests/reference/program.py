"""A program: its revisions, which of them is in force on a day, and when it resets."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from tests.reference.calendar import add_months
from tests.reference.ladder import ONE_BP, BenefitsRevision, PointsRevision, System, TierRevision


class Dated(Protocol):
    """Anything in force from a day on."""

    @property
    def effective_from(self) -> date:
        """First day in force."""
        ...


def number_in_force(revisions: Sequence[Dated], day: date) -> int:
    """Number (from 1) of the revision in force on a day; the first is in force since ever.

    Of several that have begun, the one that began last; of equals, the one applied last.
    """
    chosen = 1
    for number in range(2, len(revisions) + 1):
        begins = revisions[number - 1].effective_from
        if begins > day:
            continue
        if chosen == 1 or begins >= revisions[chosen - 1].effective_from:
            chosen = number
    return chosen


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

    def revision_number(self, day: date) -> int:
        """Number of the tier revision in force on a day."""
        return number_in_force(self.revisions, day)

    def tier(self, day: date) -> TierRevision:
        """The tier policy in force on a day."""
        return self.revisions[self.revision_number(day) - 1]

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
        system = self.system(external_id, day)
        if system is None or not system.active or level not in [each.code for each in system.levels]:
            return ONE_BP
        return system.levels[system.rank_of(level)].multiplier_bp or ONE_BP

    def property_multiplier_bp(self, property_id: str, day: date) -> int:
        """Factor of a property on a day; 1 where none is named."""
        if property_id == "":
            return ONE_BP
        return self.tier(day).properties[property_id] or ONE_BP

    def reset_dates(self, external_id: str, until: date) -> list[date]:
        """Every reset date of a system up to `until`, in order.

        A date of a revision's calendar (anchor, anchor + 1 period, ...) is a reset date when that
        revision is in force on it and the system is active in it. Source: DECISIONS Meanings 8, 17.
        """
        dates: set[date] = set()
        for number, revision in enumerate(self.revisions, start=1):
            system = revision.system(external_id)
            if system is None or not system.active or system.maintenance != "RESET":
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
        horizon = max([day] + [revision.effective_from for revision in self.revisions])
        for revision in self.revisions:
            system = revision.system(external_id)
            if system is not None and system.next_reset is not None:
                horizon = max(horizon, system.next_reset)
        for reset in self.reset_dates(external_id, add_months(horizon, 25)):
            if reset > day:
                return reset
        return None
