"""What a run did, in numbers: changes by kind, and one hash over all of them."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple, Self

import numpy as np

from workers.job import Amounts, Changes

_MODULUS: Final = 1 << 256
_SEPARATOR: Final = "\x1f"  # not printable, so that no identifier contains it


class Kind(NamedTuple):
    """A kind of change: its reason, and the level or allowance before and after."""

    reason: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts, points and hash of some changes; summaries add up, in whatever order and pieces changes come.

    The hash is the sum of the SHA-256 of every change, modulo 2^256.
    """

    counts: Counter[Kind]
    hash_sum: int
    points_before: Counter[Kind] = field(default_factory=Counter[Kind])
    points_after: Counter[Kind] = field(default_factory=Counter[Kind])

    def __add__(self, other: Self) -> "Summary":
        return Summary(
            self.counts + other.counts,
            (self.hash_sum + other.hash_sum) % _MODULUS,
            self.points_before + other.points_before,
            self.points_after + other.points_after,
        )

    def __sub__(self, part: Self) -> "Summary":
        return Summary(
            self.counts - part.counts,
            (self.hash_sum - part.hash_sum) % _MODULUS,
            self.points_before - part.points_before,
            self.points_after - part.points_after,
        )

    @property
    def plan_hash(self) -> str:
        """The hash as 64 hexadecimal digits."""
        return f"{self.hash_sum:064x}"


NOTHING: Final = Summary(Counter(), 0)


def summary_of(changes: Changes) -> Summary:
    """Counts, points and hash of the changes; a row that stands for several members is so many equal changes."""
    columns = (changes.reason.tolist(), changes.before.tolist(), changes.after.tolist())
    counts = Counter({Kind(*kind): rows for kind, rows in Counter(zip(*columns, strict=True)).items()})
    if (changes.members != 1).any():
        counts = _summed([Kind(*kind) for kind in zip(*columns, strict=True)], changes.members.tolist())
    days = [str(day) for day in changes.effective_on.tolist()]
    before, after = (column.tolist() for column in (changes.points_before, changes.points_after))
    if not any(before) and not any(after):
        return Summary(counts, _hash_sum(changes.members, changes.member_id.tolist(), *columns, days))
    kinds = [Kind(*kind) for kind in zip(*columns, strict=True)]
    days = [
        f"{day}{_SEPARATOR}{points[0]}{_SEPARATOR}{points[1]}" if any(points) else day
        for day, *points in zip(days, before, after, strict=True)
    ]
    hash_sum = _hash_sum(changes.members, changes.member_id.tolist(), *columns, days)
    return Summary(counts, hash_sum, _summed(kinds, before), _summed(kinds, after))


def _hash_sum(members: Amounts, *columns: list[str]) -> int:
    texts = zip(*columns, strict=True)
    digests = b"".join(sha256(_SEPARATOR.join(text).encode()).digest() for text in texts)
    words = np.frombuffer(digests, dtype=">u4").reshape(-1, 8) * members.astype(np.uint64)[:, None]
    return sum(int(word) << (32 * (7 - place)) for place, word in enumerate(words.sum(axis=0))) % _MODULUS


def _summed(kinds: list[Kind], points: list[int]) -> Counter[Kind]:
    total: Counter[Kind] = Counter()
    for kind, earned in zip(kinds, points, strict=True):
        total[kind] += earned
    return total


def hash_of_chunks(hashes: list[str]) -> str:
    """The hash of a whole run, from those of its chunks."""
    return Summary(Counter(), sum(int(part, 16) for part in hashes) % _MODULUS).plan_hash
