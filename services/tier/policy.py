"""The tier policy as arrays, so that a rule gathers what holds for each member on each day.

Systems, levels and properties are numbered in the order in which the revisions first name them; as none is ever
removed, the numbers are stable and are what the database stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days, revision_in_force, window_start
from services.kernel.program import Program
from services.tier.columns import NO_PROPERTY, NO_SYSTEM, Amounts, Ids, Numbers
from services.tier.policy_document import EnrolmentMode, Maintenance, TierPolicy

Revisions = NDArray[np.intp]


@dataclass(frozen=True)
class LadderArrays:
    """What each revision says of each system and rank; axes (revision, system, rank).

    A threshold that is no way in is NOT_ATTAINABLE; a level kept without condition needs 0 points.
    """

    entry_spend: Amounts
    entry_visits: Amounts
    entry_points: Amounts
    keep_spend: Amounts
    keep_visits: Amounts
    keep_points: Amounts
    multiplier_bp: Numbers
    grace_months: Numbers
    fast_track: NDArray[np.bool_]
    level_at: Ids
    rank_of: Ids
    top_rank: Ids
    active: NDArray[np.bool_]
    maintenance: Ids
    window_months: Numbers
    property_bp: Numbers


@dataclass(frozen=True)
class Policy:
    """All revisions of the tier policy, ready for the rules."""

    program: Program
    documents: Sequence[TierPolicy]
    revision_numbers: Numbers
    effective_from: Days
    system_ids: Sequence[str]
    level_codes: Sequence[Sequence[str]]
    property_ids: Sequence[str]
    ladders: LadderArrays
    resets: Sequence[Days]

    def revision_on(self, days: Days) -> Revisions:
        """The position of the revision in force on each day."""
        return revision_in_force(self.effective_from, days)

    def document_on(self, day: int) -> TierPolicy:
        """The policy in force on a day, as it was written."""
        return self.documents[int(self.revision_on(np.array([day], dtype=np.int32))[0])]

    def enrols_on_first_purchase(self, day: int) -> bool:
        """Whether an unknown id becomes a member by its first purchase (DECISIONS, Meanings 19)."""
        return self.document_on(day).enrolment == EnrolmentMode.ON_FIRST_PURCHASE

    def system_number(self, external_id: str, day: int) -> int | None:
        """The number of the system that a member joins who names `external_id`; '' names the default.

        None: the policy has no such system on that day.
        """
        named = external_id or self.document_on(day).default_system
        if not named:
            return NO_SYSTEM
        return self.system_ids.index(named) if named in self.system_ids else None

    def property_number(self, property_id: str) -> int | None:
        """The number of a digital property; '' is no property, None an unknown one."""
        if not property_id:
            return NO_PROPERTY
        return self.property_ids.index(property_id) if property_id in self.property_ids else None

    def level_code(self, system: int, level: int) -> str:
        """The code of a level; '' for a member in no system."""
        return "" if system == NO_SYSTEM or level < 0 else self.level_codes[system][level]

    def counts_periods(self, system: Ids, revision: Revisions) -> NDArray[np.bool_]:
        """Where activity counts from the last reset rather than over rolling months."""
        counts: NDArray[np.bool_] = self.ladders.maintenance[revision, system] == Maintenance.RESET
        counts &= system != NO_SYSTEM
        return counts

    def counting_start(self, system: Ids, as_of: Days) -> Days:
        """The first day whose activity counts as of a day: of the rolling window, or of the counting period."""
        revision = self.revision_on(as_of)
        start = window_start(as_of, np.maximum(self.ladders.window_months[revision, system], 1))
        periods = self.counts_periods(system, revision)
        return (
            np.where(periods, self._last_reset(system, as_of), start).astype(np.int32)
            if periods.any()
            else start
        )

    def next_reset(self, system: Ids, after: Days) -> Days:
        """The first reset of each member's system strictly after a day; NEVER where it has none."""
        return self._reset_at(system, after, 0)

    def _last_reset(self, system: Ids, as_of: Days) -> Days:
        return self._reset_at(system, as_of, -1)

    def _reset_at(self, system: Ids, days: Days, offset: int) -> Days:
        """From the calendars, which begin with a day before all time and end with NEVER."""
        found = np.empty(len(days), dtype=np.int32)
        found.fill(np.iinfo(np.int32).max if offset == 0 else np.iinfo(np.int32).min)
        for number, calendar in enumerate(self.resets):
            of_system = system == number
            if of_system.any():
                found[of_system] = calendar[np.searchsorted(calendar, days[of_system], side="right") + offset]
        return found
