"""The engine process with chunks so small that a small membership makes many: python -m tests.faults.engine."""

from functools import partial
from typing import Final
from unittest.mock import patch

from workers import starting
from workers.__main__ import main
from workers.plan import cut_into_chunks

MEMBERS_PER_CHUNK: Final = 40

if __name__ == "__main__":
    smaller = partial(cut_into_chunks, members_per_chunk=MEMBERS_PER_CHUNK)
    with patch.object(starting, "cut_into_chunks", smaller):
        main()
