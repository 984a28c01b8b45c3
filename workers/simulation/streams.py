"""Random numbers by address: the same seed, purpose and key give the same number, always.

SplitMix64 read at a position (Steele, Lea, Flood 2014) instead of in sequence: a member is drawn
alike whoever else is drawn, in whatever slices, by whatever process or numpy release.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Uniforms = NDArray[np.float64]
Keys = NDArray[np.int64]

_GOLDEN: Final = 0x9E3779B97F4A7C15
_FIRST_FACTOR: Final = 0xBF58476D1CE4E5B9
_SECOND_FACTOR: Final = 0x94D049BB133111EB
_WORD: Final = (1 << 64) - 1
_DROPPED_BITS: Final = np.uint64(11)
_STEP: Final = 2.0**-53


def uniforms(seed: int, purpose: str, keys: Keys) -> Uniforms:
    """One number in [0, 1) for each key (not negative); purposes are independent of each other."""
    start = _start(seed, purpose)
    words = keys.astype(np.uint64)
    words *= np.uint64(_GOLDEN)
    words += np.uint64(start)
    words ^= words >> np.uint64(30)
    words *= np.uint64(_FIRST_FACTOR)
    words ^= words >> np.uint64(27)
    words *= np.uint64(_SECOND_FACTOR)
    words ^= words >> np.uint64(31)
    draws = (words >> _DROPPED_BITS).astype(np.float64)
    draws *= _STEP
    return draws


def chosen(draws: Uniforms, weights: Sequence[float]) -> NDArray[np.int8]:
    """The option each draw falls on, options being as likely as their weights."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(bounds[:-1] / bounds[-1], draws, side="right").astype(np.int8)


def picked(draws: Uniforms, menu: NDArray[Any]) -> NDArray[Any]:
    """The item of the menu each draw falls on, all items being equally likely."""
    return menu[(draws * len(menu)).astype(np.int64)]


def _start(seed: int, purpose: str) -> int:
    """Where in the sequence a purpose begins: far from every other, with any likelihood."""
    word = seed & _WORD
    for byte in purpose.encode():
        word = ((word ^ byte) * _FIRST_FACTOR + _GOLDEN) & _WORD
        word ^= word >> 29
    return word
