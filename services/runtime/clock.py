"""The one clock of Carat: only process entry points make one, everything else is handed a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Clock:
    """The system's clock, or one that stands still so that a recorded history can be rehearsed."""

    fixed_now: datetime | None = None

    def __post_init__(self) -> None:
        if self.fixed_now is not None and self.fixed_now.utcoffset() is None:
            raise ValueError("A fixed clock needs an instant with a time zone, such as 2026-01-31T00:00:00Z.")

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC) if self.fixed_now is None else self.fixed_now.astimezone(UTC)

    def today(self, zone: ZoneInfo) -> date:
        """The present calendar day of a program's time zone (DECISIONS, Meanings 21)."""
        return self.now().astimezone(zone).date()
