"""What a run did, in numbers: changes by kind, and one hash over all of them."""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple, Self

import numpy as np

from workers.job import Changes

_MODULUS: Final = 1 << 256
_SEPARATOR: Final = "\x1f"  # not printable, so that no identifier contains it


class Kind(NamedTuple):
    """A kind of change: its reason, and the level or allowance before and after."""

    reason: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and hash of some changes; summaries add up, in whatever order and pieces changes come.

    The hash is the sum of the SHA-256 of every change, modulo 2^256.
    """

    counts: Counter[Kind]
    hash_sum: int

    def __add__(self, other: Self) -> "Summary":
        return Summary(self.counts + other.counts, (self.hash_sum + other.hash_sum) % _MODULUS)

    def __sub__(self, part: Self) -> "Summary":
        return Summary(self.counts - part.counts, (self.hash_sum - part.hash_sum) % _MODULUS)

    @property
    def plan_hash(self) -> str:
        """The hash as 64 hexadecimal digits."""
        return f"{self.hash_sum:064x}"


NOTHING: Final = Summary(Counter(), 0)


def summary_of(changes: Changes) -> Summary:
    """Counts and hash of the changes."""
    columns = (changes.reason.tolist(), changes.before.tolist(), changes.after.tolist())
    counts = Counter({Kind(*kind): rows for kind, rows in Counter(zip(*columns, strict=True)).items()})
    texts = zip(changes.member_id.tolist(), *columns, map(str, changes.effective_on.tolist()), strict=True)
    digests = b"".join(sha256(_SEPARATOR.join(text).encode()).digest() for text in texts)
    words = np.frombuffer(digests, dtype=">u4").reshape(-1, 8).sum(axis=0, dtype=np.uint64)
    return Summary(
        counts, sum(int(word) << (32 * (7 - place)) for place, word in enumerate(words)) % _MODULUS
    )


def hash_of_chunks(hashes: list[str]) -> str:
    """The hash of a whole run, from those of its chunks."""
    return Summary(Counter(), sum(int(part, 16) for part in hashes) % _MODULUS).plan_hash
