"""Records of columns: taking rows, putting them back, numbering repeats."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from services.kernel.columns import occurrence_numbers, overlaid, put, stacked, taken
from services.kernel.shards import SHARDS, shard_of


@dataclass(frozen=True)
class Pair:
    left: Any
    right: Any


def pair(left: list[int], right: list[str]) -> Pair:
    return Pair(np.array(left), np.array(right, dtype=object))


def test_rows_put_back_where_they_were_taken_change_nothing_else() -> None:
    record = pair([1, 2, 3], ["a", "b", "c"])
    rows = np.array([2, 0])
    changed = put(record, rows, overlaid(taken(record, rows), np.array([True, False]), left=9))
    assert changed.left.tolist() == [1, 2, 9]
    assert changed.right.tolist() == ["a", "b", "c"]
    assert record.left.tolist() == [1, 2, 3], "records are never changed in place"


def test_a_record_within_a_record_is_taken_and_put_row_by_row() -> None:
    record = Pair(np.array([1, 2]), pair([5, 6], ["x", "y"]))
    second = taken(record, np.array([1]))
    assert second.right.right.tolist() == ["y"]
    assert put(record, np.array([0]), second).right.left.tolist() == [6, 6]


def test_stacked_records_keep_their_order() -> None:
    both = stacked([pair([1], ["a"]), pair([2, 3], ["b", "c"])])
    assert both.right.tolist() == ["a", "b", "c"]


def test_repeats_are_numbered_in_order() -> None:
    assert occurrence_numbers(["a", "b", "a", "a", "b"]).tolist() == [0, 0, 1, 2, 1]


def test_a_members_shard_never_changes() -> None:
    assert shard_of(["M0000001", "Zoë"]).tolist() == [2516, 554]
    assert shard_of(f"M{number}" for number in range(1000)).max() < SHARDS
