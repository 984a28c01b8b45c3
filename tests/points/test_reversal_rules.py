"""What refunds take back, against sums made one treatment and one sen at a time."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.points.reversal_columns import PARTS, TREATMENTS, Bought, Refunds
from services.points.rules.credit_notes import decide_credit_notes
from services.points.rules.reversals import decide_reversals, take

KINDS = TREATMENTS


def bought(rows: list[dict[str, Any]]) -> Bought:
    """Purchases of which nothing was taken back."""
    count = len(rows)
    whole = np.array([row["parts"] for row in rows], dtype=np.int64).reshape(-1, len(PARTS))
    every = np.array([row.get("every", 0) for row in rows], dtype=np.int32)
    ordinal = np.array([row.get("ordinal", 0) for row in rows], dtype=np.int64)
    names = np.array([f"T{row}" for row in range(count)], dtype=object)
    ones = np.ones(count, dtype=np.int64)
    bonus = [
        sum(100 for each in range(last - int(parts[KINDS]) + 1, last + 1) if step and each % step == 0)
        for last, parts, step in zip(ordinal.tolist(), whole, every.tolist(), strict=True)
    ]
    return Bought(
        transaction_id=names,
        entry_id=np.arange(count, dtype=np.int64),
        shard=ones.astype(np.int16),
        member_id=names,
        occurred_us=np.array([row.get("occurred_us", 0) for row in rows], dtype=np.int64),
        occurred_on=np.zeros(count, dtype=np.int32),
        points_revision=ones.astype(np.int32),
        package_micropoints=whole[:, 3],
        treatment_ordinal=ordinal,
        treatment_every=every,
        treatment_points=100 * ones,
        whole=whole,
        left=whole,
        bonus_left=np.array(bonus, dtype=np.int64),
    )


def refunds(parts: list[list[int]], everything: bool = False, occurred_us: int = 0) -> Refunds:
    """Refunds of these parts."""
    count = len(parts)
    empty = np.full(count, "", dtype=object)
    return Refunds(
        refund_id=np.array([f"R{row}" for row in range(count)], dtype=object),
        payload_hash=empty,
        concerns=empty,
        currency=empty,
        occurred_us=np.full(count, occurred_us, dtype=np.int64),
        everything=np.full(count, everything),
        parts=np.array(parts, dtype=np.int64).reshape(-1, len(PARTS)),
    )


amounts = st.lists(st.integers(0, 10**12), min_size=4, max_size=4)
treatments = st.integers(0, 1_000)
purchases = st.builds(
    lambda kinds, visits, before, every: {
        "parts": [*kinds, visits],
        "ordinal": before + visits,
        "every": every,
    },
    amounts,
    treatments,
    st.integers(0, 10**6),
    st.integers(0, 12),
)


@given(purchases, st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), max_size=6))
def test_any_parts_and_then_everything_take_all_that_there_was(
    purchase: dict[str, Any], shares: list[list[float]]
):
    left = list(purchase["parts"])
    parts = []
    for share in shares:
        part = [int(each * of) for each, of in zip(share, left, strict=True)]
        left = [each - taken for each, taken in zip(left, part, strict=True)]
        parts.append(part)
    all_of_it = bought([purchase])
    asked = refunds([*parts, left])
    reason, taking = decide_reversals(
        asked,
        np.zeros(len(asked), dtype=np.int32),
        np.zeros(len(asked), dtype=np.intp),
        np.zeros(len(asked), dtype=np.bool_),
        all_of_it,
    )
    assert all(why == 0 or not asked.parts[row].any() for row, why in enumerate(reason))
    assert taking.parts.sum(axis=0).tolist() == purchase["parts"]
    assert taking.treatment_bonus.sum() == all_of_it.bonus_left[0]
    assert (taking.treatment_bonus >= 0).all()


@given(purchases, st.data())
def test_the_bonus_that_stays_is_that_of_the_treatments_that_stay(
    purchase: dict[str, Any], data: st.DataObject
):
    visits, every = purchase["parts"][KINDS], purchase["every"]
    gone = data.draw(st.integers(0, visits))
    first = purchase["ordinal"] - visits + 1
    stay = range(first, first + visits - gone)
    after, _ = take(
        bought([purchase]),
        np.zeros(1, dtype=np.intp),
        np.zeros(1, dtype=np.intp),
        np.array([[0, 0, 0, 0, gone]]),
    )
    assert after.bonus_left[0] == sum(100 for number in stay if every and number % every == 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 3)), max_size=12), st.data())
@settings(max_examples=200)
def test_credit_notes_take_sen_by_sen_from_the_latest(rows: list[tuple[int, int, int]], data: st.DataObject):
    """Each row is the instant, the amount and the treatments of a purchase."""
    whole = bought([{"parts": [amount, 0, 0, 0, visits], "occurred_us": at} for at, amount, visits in rows])
    wanted = data.draw(
        st.lists(st.tuples(st.integers(0, 80), st.integers(0, 5), st.integers(0, 3)), max_size=4)
    )
    notes = refunds([[amount, 0, 0, 0, visits] for amount, visits, _ in wanted])
    notes = Refunds(
        **{name: getattr(notes, name) for name in notes.__dataclass_fields__ if name != "occurred_us"},
        occurred_us=np.array([at for *_, at in wanted], dtype=np.int64),
    )
    everyone = np.zeros(len(rows), dtype=np.intp)
    reason, taking = decide_credit_notes(notes, np.zeros(len(wanted), dtype=np.intp), whole, everyone)
    left = [list(each) for each in whole.left.tolist()]
    expected: dict[tuple[int, int, int], int] = {}
    refused = []
    for number, (amount, visits, at) in enumerate(wanted):
        after, took = [list(each) for each in left], {}
        ok = amount + visits > 0
        for kind, much in ((0, amount), (KINDS, visits)):
            for _ in range(much):
                able = [row for row, each in enumerate(after) if each[kind] and rows[row][0] <= at]
                if not able:
                    ok = False
                    break
                latest = max(able, key=lambda row: (rows[row][0], row))
                after[latest][kind] -= 1
                took[number, latest, kind] = took.get((number, latest, kind), 0) + 1
        refused.append(not ok)
        if ok:
            left = after
            expected |= took
    assert [bool(why) for why in reason] == refused
    told = {
        (int(note), int(purchase), kind): int(parts[kind])
        for note, purchase, parts in zip(taking.refund, taking.purchase, taking.parts, strict=True)
        for kind in (0, KINDS)
        if parts[kind]
    }
    assert told == expected
