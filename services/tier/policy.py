"""The tier policy as arrays, so that a rule gathers what holds for each member on each day.

Systems, levels and properties are numbered in the order in which the revisions first name them; as none is ever
removed, the numbers are stable and are what the database stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days, day_number, revision_in_force, window_start
from services.kernel.exact import ONE_BP
from services.kernel.program import Program
from services.tier.columns import NO_PROPERTY, NO_SYSTEM, UNKNOWN_PROPERTY, Amounts, Ids, Numbers
from services.tier.policy_document import Maintenance, TierPolicy
from services.tier.properties import PropertyTimeline

Revisions = NDArray[np.intp]

BEFORE_ALL_TIME: Final = np.iinfo(np.int32).min
"""The day before the first reset: a counting period without beginning."""

END_OF_CALENDARS: Final = day_number(date(2200, 1, 1))
"""No reset is known on this day or after it."""


@dataclass(frozen=True)
class LadderArrays:
    """What each revision says of each system and rank; axes (revision, system, rank).

    A threshold that is no way in is NOT_ATTAINABLE; a level kept without condition needs 0 points. Multipliers
    are by number of the level: 1 for a level that the revision does not know yet, and so are bonuses. In the month
    of a birthday `birthday_level_bp` and `birthday_bp` hold together. Years and months of 0 are never.
    """

    entry_spend: Amounts
    entry_visits: Amounts
    entry_points: Amounts
    keep_spend: Amounts
    keep_visits: Amounts
    keep_points: Amounts
    multiplier_bp: Numbers
    birthday_level_bp: Numbers
    birthday_bp: Numbers
    package_bonus_bp: Numbers
    grace_months: Numbers
    lifetime_years: Numbers
    fast_track: NDArray[np.bool_]
    level_at: Ids
    rank_of: Ids
    top_rank: Ids
    active: NDArray[np.bool_]
    maintenance: Ids
    window_months: Numbers
    inactive_months: Numbers
    property_known: NDArray[np.bool_]


@dataclass(frozen=True)
class Policy:
    """The tier policy over time, ready for the rules.

    Its segments follow each other: in each, one revision is in force. One whose range ended gives way to the one
    before, so that a number may come back.
    """

    program: Program
    documents: Sequence[TierPolicy]
    revision_numbers: Numbers
    effective_from: Days
    system_ids: Sequence[str]
    level_codes: Sequence[Sequence[str]]
    property_ids: Sequence[str]
    property_timeline: PropertyTimeline
    ladders: LadderArrays
    resets: Sequence[Days]
    counting_rule: Ids
    enrols_unknown: NDArray[np.bool_]
    undoes: NDArray[np.bool_]

    def revision_on(self, days: Days) -> Revisions:
        """The position of the revision in force on each day."""
        return revision_in_force(self.effective_from, days)

    def document_on(self, day: int) -> TierPolicy:
        """The policy in force on a day, as it was written."""
        return self.documents[int(self.revision_on(np.array([day], dtype=np.int32))[0])]

    def enrols_on_first_purchase(self, days: Days) -> NDArray[np.bool_]:
        """Whether an unknown id becomes a member by its first purchase on a day (DECISIONS, Meanings 19)."""
        enrols: NDArray[np.bool_] = self.enrols_unknown[self.revision_on(days)]
        return enrols

    def property_numbers(self, property_ids: Sequence[str], days: Days) -> Ids:
        """The numbers of digital properties; '' is NO_PROPERTY, one not known on its day UNKNOWN_PROPERTY."""
        number_of = {"": NO_PROPERTY, **{name: number for number, name in enumerate(self.property_ids)}}
        named = [number_of.get(name, UNKNOWN_PROPERTY) for name in property_ids]
        numbers = np.array(named, dtype=np.int16)
        missing = (numbers >= 0) & ~self.ladders.property_known[
            self.revision_on(days), np.maximum(numbers, 0)
        ]
        return np.where(missing, UNKNOWN_PROPERTY, numbers).astype(np.int16)

    def property_multipliers(self, properties: Ids, days: Days) -> Numbers:
        """The multiplier of each property for a purchase of each day; 1 for NO_PROPERTY."""
        return self.property_timeline.on(properties, days)

    def level_code(self, system: int, level: int) -> str:
        """The code of a level; '' for a member in no system."""
        return "" if system == NO_SYSTEM or level < 0 else self.level_codes[system][level]

    def counts_periods(self, system: Ids, revision: Revisions) -> NDArray[np.bool_]:
        """Where activity counts from the last reset rather than over rolling months."""
        counts: NDArray[np.bool_] = self.ladders.maintenance[revision, system] == Maintenance.RESET
        counts &= system != NO_SYSTEM
        return counts

    def counting_start(self, system: Ids, as_of: Days) -> Days:
        """The first day whose activity counts as of a day: of the rolling window, or of the counting period.

        It may lie before all membership; for a member in no system everything counts, toward nothing.
        """
        revision = self.revision_on(as_of)
        start = window_start(as_of, self.ladders.window_months[revision, system])
        without_window = self.counts_periods(system, revision) | (system == NO_SYSTEM)
        if not without_window.any():
            return start
        return np.where(without_window, self.last_reset(system, as_of), start).astype(np.int32)

    def counts_alike(self, system: Ids, since: Days, until: Days) -> NDArray[np.bool_]:
        """Where no revision between two days changed what counts."""
        rule = self.counting_rule
        alike: NDArray[np.bool_] = (
            rule[self.revision_on(since), system] == rule[self.revision_on(until), system]
        )
        return alike

    @cached_property
    def reviews_anniversaries(self) -> bool:
        """Whether any revision reviews levels on anniversaries."""
        return bool((self.ladders.maintenance == Maintenance.ANNIVERSARY).any())

    @cached_property
    def resets_systems(self) -> bool:
        """Whether any revision resets a system."""
        return any(len(calendar) > len((BEFORE_ALL_TIME, NEVER)) for calendar in self.resets)

    @cached_property
    def checks_continuously(self) -> bool:
        """Whether any revision checks levels continuously."""
        return bool((self.ladders.maintenance == Maintenance.CONTINUOUS).any())

    @cached_property
    def grants_lifetime(self) -> bool:
        """Whether any revision grants a level for life."""
        return bool((self.ladders.lifetime_years > 0).any())

    @cached_property
    def multiplies_birthdays(self) -> bool:
        """Whether any revision has another multiplier in the month of the birthday."""
        ladders = self.ladders
        return bool(
            ((ladders.birthday_bp != ONE_BP) | (ladders.birthday_level_bp != ladders.multiplier_bp)).any()
        )

    @cached_property
    def marks_inactive(self) -> bool:
        """Whether any revision marks members inactive."""
        return bool((self.ladders.inactive_months > 0).any())

    @cached_property
    def segments(self) -> Sequence[tuple[int, int, int]]:
        """Position, first day and end (exclusive) of each revision in force, in order of time."""
        since = [int(day) for day in self.effective_from]
        spans = zip(range(len(since)), since, [*since[1:], NEVER], strict=True)
        return [(position, start, end) for position, start, end in spans if start < end]

    def began_to_review(self) -> NDArray[np.bool_]:
        """By system, whether a later revision reviews levels on anniversaries that an earlier one did not."""
        anniversaries = self.ladders.maintenance == Maintenance.ANNIVERSARY
        lowest = self.ladders.level_at[:, :, 0]
        began: NDArray[np.bool_] = anniversaries.any(axis=0)
        began &= ~anniversaries.all(axis=0) | (lowest != lowest[0]).any(axis=0)
        return began

    def next_reset(self, system: Ids, after: Days) -> Days:
        """The first reset of each member's system strictly after a day; NEVER where it has none."""
        return self._reset_at(system, after, 0)

    def last_reset(self, system: Ids, as_of: Days) -> Days:
        """The last reset of each member's system up to a day; BEFORE_ALL_TIME where it had none."""
        return self._reset_at(system, as_of, -1)

    def _reset_at(self, system: Ids, days: Days, offset: int) -> Days:
        """From the calendars, which begin with a day before all time and end with NEVER."""
        found = np.full(len(days), NEVER if offset == 0 else BEFORE_ALL_TIME, dtype=np.int32)
        for number, calendar in enumerate(self.resets):
            of_system = system == number
            if of_system.any():
                found[of_system] = calendar[np.searchsorted(calendar, days[of_system], side="right") + offset]
        return found
