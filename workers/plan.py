"""How a run is cut into chunks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.shards import SHARDS

MEMBERS_PER_CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """Consecutive shards, both ends included, and the members expected in them."""

    first_shard: int
    last_shard: int
    members: int


def cut_into_chunks(
    weights: NDArray[np.int64], members_per_chunk: int = MEMBERS_PER_CHUNK
) -> Sequence[ChunkPlan]:
    """Chunks of about equal weight that cover every shard once; `weights` has the members of each shard.

    Even without members there is one chunk: someone may join before it is read.
    """
    if len(weights) != SHARDS:
        raise ValueError(f"a weight for each of the {SHARDS} shards is needed, not {len(weights)}")
    running = np.cumsum(weights)
    total = int(running[-1])
    wanted = max(1, min(SHARDS, -(-total // members_per_chunk)))
    shares = total * np.arange(1, wanted, dtype=np.int64) // wanted
    ends = np.unique(np.append(np.searchsorted(running, shares), SHARDS - 1))
    starts = np.concatenate([[0], ends[:-1] + 1])
    before = np.concatenate([[0], running[ends[:-1]]])
    return [
        ChunkPlan(int(start), int(end), int(running[end] - already))
        for start, end, already in zip(starts, ends, before, strict=True)
    ]
