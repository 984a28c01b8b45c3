"""Points that members are given, as data."""

from dataclasses import dataclass
from typing import Final

HIGHEST_AWARD: Final = 10**9
"""Points of one award, at most."""


@dataclass(frozen=True, slots=True)
class Award:
    """An award as it is asked for and kept; `awarded_on` is a day number, UNDATED or NEVER as that of a use.

    `payload_hash` stands for all that was asked.
    """

    award_id: str
    payload_hash: bytes
    member_id: str
    code: str
    points: int
    awarded_on: int
    actor_id: str
    note: str
