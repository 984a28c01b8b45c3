"""Multipliers of digital properties over time: a timeline of their own, beside the revisions.

Whatever changes one changes it at once, for what is recorded from then on and dated from that day on (DECISIONS,
Meanings 17; Engage, Editing a Property).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.exact import ONE_BP
from services.tier.columns import Ids, Numbers
from services.tier.policy_document import Property, TierPolicy

_PROPERTY_SHIFT = 33
_DAY_OFFSET = 2**32
"""Day numbers before 1970 are negative; with it all of them fit below the shift."""


@dataclass(frozen=True, slots=True)
class PropertyEdit:
    """A property's multiplier, for purchases dated from a day on."""

    property_id: str
    since: int
    multiplier_bp: int


@dataclass(frozen=True, slots=True)
class PropertyTimeline:
    """All edits, ordered by property, then day, then the order in which they were made."""

    key: NDArray[np.int64]
    property: Ids
    multiplier_bp: Numbers

    @staticmethod
    def of(edits: Sequence[PropertyEdit], property_ids: Sequence[str]) -> "PropertyTimeline":
        """From edits in the order in which they were made; those of properties without a number are left out."""
        number_of = {name: number for number, name in enumerate(property_ids)}
        edits = [edit for edit in edits if edit.property_id in number_of]
        number = np.array([number_of[edit.property_id] for edit in edits], dtype=np.int16)
        key = _key(number, np.array([edit.since for edit in edits], dtype=np.int32))
        order = np.argsort(key, kind="stable")
        multiplier_bp = np.array([edit.multiplier_bp for edit in edits], dtype=np.int32)
        return PropertyTimeline(key[order], number[order], multiplier_bp[order])

    def on(self, properties: Ids, days: Days) -> Numbers:
        """The multiplier of each property on each day; 1 before its first edit, and in no property."""
        if not len(self.key):
            return np.full(len(properties), ONE_BP, dtype=np.int32)
        latest = np.searchsorted(self.key, _key(properties, days), side="right") - 1
        edited = (latest >= 0) & (self.property[latest] == properties)
        return np.where(edited, self.multiplier_bp[latest], ONE_BP).astype(np.int32)


def stated_multiplier(item: Property) -> int:
    """The multiplier that a policy states for a property; 1 where it leaves it out."""
    return ONE_BP if item.multiplier_bp is None else item.multiplier_bp


def stated_edits(documents: Iterable[tuple[int, TierPolicy]]) -> list[PropertyEdit]:
    """The edits that documents amount to where nothing else tells: what each states, from its first day on."""
    return [
        PropertyEdit(item.id, since, stated_multiplier(item))
        for since, document in documents
        for item in document.properties
    ]


def _key(number: Ids, days: Days) -> NDArray[np.int64]:
    return (number.astype(np.int64) << _PROPERTY_SHIFT) + days.astype(np.int64) + _DAY_OFFSET
