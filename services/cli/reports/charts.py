"""Small charts of letters."""

from collections.abc import Sequence
from typing import Final

_HEIGHTS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 40
_BAR: Final = 20


def sparkline(values: Sequence[int]) -> str:
    """The course of some numbers, from 0 to the highest; of many, as many as fit, the last among them."""
    step = max(1, -(-len(values) // _WIDTH))
    shown = list(values)[::-1][::step][::-1]
    top = max(shown, default=0)
    return "".join(_HEIGHTS[value * (len(_HEIGHTS) - 1) // top if top else 0] for value in shown)


def bar(part: int, whole: int) -> str:
    """A part of a whole as a bar with its percentage."""
    filled = (part * _BAR + whole // 2) // whole if whole else 0
    return f"{'█' * filled}{'░' * (_BAR - filled)} {percent(part, whole)}"


def percent(part: int, whole: int) -> str:
    """A part of a whole: 37.5 %; a dash where there is no whole."""
    return f"{100 * part / whole:.1f} %" if whole else "–"
