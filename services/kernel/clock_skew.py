"""How far clocks may differ."""

from typing import Final

CLOCK_SKEW_SECONDS: Final = 60
"""How far a till's clock may run ahead of ours; every service that takes a purchase allows the same."""
