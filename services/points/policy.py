"""The points policy as arrays, so that a rule gathers what holds on each day."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days, day_number, revision_in_force
from services.kernel.program import Program
from services.points.policy_document import ExpiryMode, LevelBonuses, PointsPolicy

KINDS: Final = ("service_minor", "addon_minor", "product_minor", "package_minor")
"""The kinds of amount, in the order of the policy's columns."""


@dataclass(frozen=True)
class Policy:
    """All revisions of the points policy, ready for the rules.

    `rates_bp` and `qualifies` have one row a revision and one column a kind of amount (KINDS). Currency and
    time zone are the program's, and never change.
    """

    program: Program
    zone: ZoneInfo
    numbers: NDArray[np.int32]
    effective_from: Days
    rates_bp: NDArray[np.int64]
    qualifies: NDArray[np.int64]
    documents: Sequence[PointsPolicy]

    def day_at(self, instant: datetime) -> int:
        """The program's calendar day at an instant (DECISIONS, Meanings 21)."""
        return day_number(instant.astimezone(self.zone).date())

    def revision_on(self, days: Days) -> NDArray[np.intp]:
        """The position of the revision in force on each day; the newest of several with one first day."""
        return revision_in_force(self.effective_from, days)

    def document_on(self, day: int) -> PointsPolicy:
        """The policy in force on a day, as it was written."""
        return self.documents[self.number_on(day) - 1]

    def number_on(self, day: int) -> int:
        """The number of the revision in force on a day."""
        return int(self.numbers[self.revision_on(np.array([day], dtype=np.int32))[0]])

    @cached_property
    def bonuses(self) -> Sequence[Mapping[tuple[str, str], LevelBonuses]]:
        """The fixed bonuses of each revision, by tier system and level."""
        return [
            {(each.tier_system, each.level): each for each in document.bonuses} for document in self.documents
        ]

    @cached_property
    def grants_for_treatments(self) -> bool:
        """Whether a level of any revision has a bonus for treatments."""
        return any(each.treatment_every for document in self.documents for each in document.bonuses)

    @cached_property
    def lets_points_expire(self) -> bool:
        """Whether points ever expire, by any revision."""
        return any(document.expiry for document in self.documents)

    @cached_property
    def expires_by_inactivity(self) -> bool:
        """Whether by any revision a purchase keeps earlier points alive."""
        modes = [document.expiry.mode for document in self.documents if document.expiry]
        return ExpiryMode.AFTER_INACTIVITY in modes


def compiled(program: Program, effective_from: Sequence[int], policies: Sequence[PointsPolicy]) -> Policy:
    """The revisions as arrays, the oldest first; `effective_from` does not fall and begins since ever."""
    return Policy(
        program=program,
        zone=ZoneInfo(program.time_zone),
        numbers=np.arange(1, len(policies) + 1, dtype=np.int32),
        effective_from=np.array(effective_from, dtype=np.int32),
        rates_bp=np.array([astuple(policy.rates) for policy in policies if policy.rates], dtype=np.int64),
        qualifies=np.array(
            [astuple(policy.qualifying) for policy in policies if policy.qualifying], dtype=np.int64
        ),
        documents=tuple(policies),
    )
