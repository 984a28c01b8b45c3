"""A member's hash slot: 4096 of them, stable for ever."""

import zlib
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

SHARDS: Final = 4096


def shard_of(member_ids: Iterable[str]) -> NDArray[np.int16]:
    """The shard of each member: CRC-32 of the UTF-8 id, modulo 4096."""
    return np.fromiter((zlib.crc32(member.encode()) % SHARDS for member in member_ids), dtype=np.int16)
