"""What the bench is asked to measure, and for how long."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PARTS: Final = ("purchases", "reviews")


@dataclass(frozen=True, slots=True)
class Options:
    """One run of the bench; `members` are those under review, `buyers` those who purchase."""

    parts: tuple[str, ...]
    members: int
    buyers: int
    seconds: float
    workers: int
    json: Path | None

    @property
    def warm_seconds(self) -> float:
        """How long callers run before they are counted."""
        return min(3.0, self.seconds / 2)


def parsed(arguments: Sequence[str] | None = None) -> Options:
    """The options of a command line."""
    parser = argparse.ArgumentParser(
        prog="carat bench",
        description="Measures purchases and reviews side by side with hand-written SQL. Nothing is left behind.",
    )
    parser.add_argument("--only", choices=PARTS, help="measure one part")
    parser.add_argument("--members", type=int, help="members under review (1000000; 100000 with --quick)")
    parser.add_argument("--buyers", type=int, help="members who purchase (100000; 20000 with --quick)")
    parser.add_argument("--seconds", type=float, help="length of each measurement (10; 3 with --quick)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="actors and SQL sessions")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    parser.add_argument("--quick", action="store_true", help="under two minutes, rough figures")
    given = parser.parse_args(arguments)
    members = given.members or (100_000 if given.quick else 1_000_000)
    return Options(
        parts=(given.only,) if given.only else PARTS,
        members=members,
        buyers=given.buyers or min(members, 20_000 if given.quick else 100_000),
        seconds=given.seconds or (3.0 if given.quick else 10.0),
        workers=given.workers,
        json=given.json,
    )
