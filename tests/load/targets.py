"""The ratios that are pursued, and what they came to: figures of one run on one machine, divided."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.purchases import Ways
from tests.load.reviews import Measured


@dataclass(frozen=True, slots=True)
class Ratio:
    """One target: at least (or, when `at_most`, at most) `target`."""

    number: str
    told: str
    value: float
    target: float
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the value is on the right side."""
        return self.value <= self.target if self.at_most else self.value >= self.target


def ratios_of(purchases: Ways | None, reviews: Sequence[Measured]) -> list[Ratio]:
    """All ratios that were measured."""
    return [
        *(_of_purchases(purchases) if purchases else ()),
        *(ratio for review in reviews for ratio in _of_review(review)),
    ]


def _of_purchases(ways: Ways) -> list[Ratio]:
    _, by_sql = ways.best_sql
    return [
        Ratio("P1", "purchases/s in batches ÷ SQL one by one", ways.batches.per_second / by_sql, 8),
        Ratio("P2", "purchases/s by unary calls ÷ SQL one by one", ways.unary.per_second / by_sql, 1.5),
    ]


def _of_review(measured: Measured) -> list[Ratio]:
    name, by_ray = measured.review.name, measured.by_ray.seconds
    return [
        Ratio(
            "P3", f"{name}: members/s by Ray ÷ one SQL statement", measured.by_statement.seconds / by_ray, 2
        ),
        Ratio("P4", f"{name}: members/s by Ray ÷ SQL sessions", measured.by_sessions.seconds / by_ray, 0.9),
        Ratio("P7", f"{name}: changes of a second run", measured.rerun_changes, 0, at_most=True),
        Ratio(
            "P7", f"{name}: time of a second run ÷ first", measured.rerun_seconds / by_ray, 0.05, at_most=True
        ),
        Ratio("P8", f"{name}: time of a preview ÷ run", measured.preview_seconds / by_ray, 0.4, at_most=True),
        *(
            Ratio("P8", f"{name}: time of a simulation ({whom}) ÷ run", seconds / by_ray, 1, at_most=True)
            for whom, seconds in measured.simulations.items()
        ),
    ]
