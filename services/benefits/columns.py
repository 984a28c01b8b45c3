"""Frozen struct-of-arrays records of Benefits: one row a holder, an allowance, a move or a use."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days

Texts = NDArray[np.object_]
Shards = NDArray[np.int16]
Reasons = NDArray[np.int16]
Numbers = NDArray[np.int32]
Amounts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]

UNDATED: Final = np.iinfo(np.int32).min
"""The day of a use that names none: the day on which it is recorded."""


def texts(values: object) -> Texts:
    """The strings of a sequence as a column of objects, whatever their length."""
    return np.array(values, dtype=object)


@dataclass(frozen=True, slots=True)
class Holders:
    """Members and the level that they hold since a day, as far as Tier's moves have been followed.

    `version` is the sequence of the move by which the level was entered: it rises with every change of level.
    """

    shard: Shards
    member_id: Texts
    tier_system: Texts
    level: Texts
    since: Days
    version: Amounts

    def __len__(self) -> int:
        return len(self.shard)


@dataclass(frozen=True, slots=True)
class Allowances:
    """Quotas of one complimentary benefit, each of one member, level and period.

    `period_end` is the first day after the period; `closed_on` is NEVER while the allowance is open.
    """

    shard: Shards
    member_id: Texts
    code: Texts
    level: Texts
    period_start: Days
    period_end: Days
    granted: Numbers
    used: Numbers
    value_limit_minor: Amounts
    combinable: Mask
    revision: Numbers
    opened_on: Days
    closed_on: Days

    def __len__(self) -> int:
        return len(self.shard)


@dataclass(frozen=True, slots=True)
class Openings:
    """Allowances to be opened, each decided on one version of its holder."""

    shard: Shards
    member_id: Texts
    code: Texts
    level: Texts
    period_start: Days
    period_end: Days
    granted: Numbers
    value_limit_minor: Amounts
    combinable: Mask
    revision: Numbers
    opened_on: Days
    holder_version: Amounts

    def __len__(self) -> int:
        return len(self.shard)

    def as_allowances(self) -> Allowances:
        """The allowances as they stand once opened: unused and open."""
        return Allowances(
            shard=self.shard,
            member_id=self.member_id,
            code=self.code,
            level=self.level,
            period_start=self.period_start,
            period_end=self.period_end,
            granted=self.granted,
            used=np.zeros(len(self), dtype=np.int32),
            value_limit_minor=self.value_limit_minor,
            combinable=self.combinable,
            revision=self.revision,
            opened_on=self.opened_on,
            closed_on=np.full(len(self), NEVER, dtype=np.int32),
        )


@dataclass(frozen=True, slots=True)
class Moves:
    """Changes of standings as Tier tells them; `sequence` rises with every move of one member."""

    shard: Shards
    member_id: Texts
    effective_on: Days
    tier_system: Texts
    from_level: Texts
    to_level: Texts
    enrolled: Mask
    erased: Mask
    sequence: Amounts

    def __len__(self) -> int:
        return len(self.shard)


@dataclass(frozen=True, slots=True)
class Uses:
    """Uses asked for, those of one allowance in the order of their happening.

    `used_on` is NEVER where no calendar has the day, UNDATED where none was named; `payload_hash` stands for
    all that was asked.
    """

    transaction_id: Texts
    payload_hash: Texts
    shard: Shards
    member_id: Texts
    code: Texts
    used_on: Days
    quantity: Numbers
    value_minor: Amounts

    def __len__(self) -> int:
        return len(self.shard)


@dataclass(frozen=True, slots=True)
class EarlierUses:
    """Uses recorded before under the ids that are asked for again."""

    transaction_id: Texts
    payload_hash: Texts
    remaining: Numbers


@dataclass(frozen=True, slots=True)
class UseDecisions:
    """What became of uses, row by row.

    `reason` 0 is granted; `remaining` counts after a granted use, and as it stands for a refused one.
    `allowance` is the row of the candidates that a use takes from (-1: none). The rest explains a refusal:
    NEVER or '' where it does not apply.
    """

    reason: Reasons
    replayed: Mask
    remaining: Numbers
    allowance: Rows
    period_start: Days
    period_end: Days
    value_limit_minor: Amounts
    level_held: Texts
    level_required: Texts

    def granted_now(self) -> Mask:
        """The uses that take effect by this decision, and did not before."""
        granted: Mask = (self.reason == 0) & ~self.replayed
        return granted
