"""How a membership is cut into chunks."""

import numpy as np
import pytest

from services.kernel.shards import SHARDS
from workers.plan import MEMBERS_PER_CHUNK, cut_into_chunks


def weights_of(members: int) -> np.ndarray:
    return np.bincount(np.arange(members) % SHARDS, minlength=SHARDS).astype(np.int64)


@pytest.mark.parametrize("members", [0, 1, 20_000, 20_001, 100_000, 1_000_000])
def test_every_shard_is_in_exactly_one_chunk(members: int) -> None:
    chunks = cut_into_chunks(weights_of(members))
    assert [shard for c in chunks for shard in range(c.first_shard, c.last_shard + 1)] == list(range(SHARDS))
    assert sum(chunk.members for chunk in chunks) == members


def test_a_million_members_make_fifty_chunks_of_about_twenty_thousand() -> None:
    chunks = cut_into_chunks(weights_of(1_000_000))
    assert len(chunks) == 50
    assert all(abs(chunk.members - MEMBERS_PER_CHUNK) < 500 for chunk in chunks)


def test_an_empty_membership_is_one_chunk() -> None:
    assert len(cut_into_chunks(np.zeros(SHARDS, dtype=np.int64))) == 1


def test_one_crowded_shard_is_a_chunk_of_its_own() -> None:
    weights = np.ones(SHARDS, dtype=np.int64)
    weights[1000] = 1_000_000
    chunks = cut_into_chunks(weights)
    assert len(chunks) < 5
    assert sum(chunk.last_shard - chunk.first_shard + 1 for chunk in chunks) == SHARDS


def test_no_shard_is_ever_split() -> None:
    assert len(cut_into_chunks(np.full(SHARDS, 10 * MEMBERS_PER_CHUNK))) == SHARDS


def test_a_weight_is_needed_for_each_shard() -> None:
    with pytest.raises(ValueError, match="4096"):
        cut_into_chunks(np.ones(3, dtype=np.int64))
