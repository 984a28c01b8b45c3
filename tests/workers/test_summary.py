"""The counts and the hash of changes."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from services.kernel.columns import stacked, taken
from workers.job import Changes
from workers.summary import NOTHING, hash_of_chunks, summary_of


def texts(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


CHANGES = Changes(
    member_id=texts("amina", "bo", "chen", "dara"),
    reason=texts("RENEWED", "GRACE_ENTERED", "GRACE_ENTERED", "RENEWED"),
    before=texts("platinum", "platinum", "platinum", "diamond"),
    after=texts("platinum", "platinum", "platinum", "diamond"),
    effective_on=np.array([20_000, 20_001, 20_001, 20_002], dtype=np.int32),
)


def test_changes_are_counted_by_kind() -> None:
    assert summary_of(CHANGES).counts == {
        ("RENEWED", "platinum", "platinum"): 1,
        ("GRACE_ENTERED", "platinum", "platinum"): 2,
        ("RENEWED", "diamond", "diamond"): 1,
    }


def test_the_hash_of_one_change_is_its_sha_256() -> None:
    text = "amina\x1fRENEWED\x1fplatinum\x1fplatinum\x1f20000"
    assert summary_of(taken(CHANGES, np.array([0]))).plan_hash == sha256(text.encode()).hexdigest()


def test_the_hash_does_not_depend_on_order_or_chunks() -> None:
    whole = summary_of(CHANGES)
    assert summary_of(taken(CHANGES, np.array([3, 1, 0, 2]))) == whole
    parts = [summary_of(taken(CHANGES, np.array(rows, dtype=np.intp))) for rows in ([0, 3], [1], [2], [])]
    assert sum(parts, start=NOTHING) == whole
    assert hash_of_chunks([part.plan_hash for part in parts]) == whole.plan_hash


def test_what_was_not_applied_is_taken_out_again() -> None:
    kept = np.array([True, False, True, True])
    assert summary_of(CHANGES) - summary_of(taken(CHANGES, ~kept)) == summary_of(taken(CHANGES, kept))


@pytest.mark.parametrize("column", ["member_id", "reason", "before", "after", "effective_on"])
def test_the_hash_depends_on_every_column(column: str) -> None:
    changed = getattr(CHANGES, column).copy()
    changed[0] = 20_009 if column == "effective_on" else "other"
    assert summary_of(replace(CHANGES, **{column: changed})).plan_hash != summary_of(CHANGES).plan_hash


def test_the_same_change_twice_is_not_no_change() -> None:
    assert summary_of(stacked([CHANGES, CHANGES])).plan_hash != summary_of(CHANGES).plan_hash
    assert summary_of(stacked([CHANGES, CHANGES])) == summary_of(CHANGES) + summary_of(CHANGES)


def test_a_row_that_stands_for_several_members_is_so_many_equal_changes() -> None:
    first = taken(CHANGES, np.array([0]))
    thrice = replace(first, members=np.array([3], dtype=np.int64))
    assert summary_of(thrice) == summary_of(stacked([first, first, first]))


def test_points_are_summed_by_kind_and_hashed_whatever_the_chunks() -> None:
    before, after = (np.array(points, dtype=np.int64) for points in ([5, 0, 0, 7], [6, 0, 0, 8]))
    told = replace(CHANGES, points_before=before, points_after=after)
    whole = summary_of(told)
    assert whole.counts == summary_of(CHANGES).counts
    assert +whole.points_before == {
        ("RENEWED", "platinum", "platinum"): 5,
        ("RENEWED", "diamond", "diamond"): 7,
    }
    assert whole.points_after.total() == 14
    assert whole.plan_hash != summary_of(CHANGES).plan_hash
    parts = [summary_of(taken(told, np.array(rows, dtype=np.intp))) for rows in ([0, 1], [2], [3])]
    assert sum(parts, start=NOTHING) == whole


def test_no_changes_hash_to_zeros() -> None:
    assert hash_of_chunks([]) == NOTHING.plan_hash == "0" * 64
