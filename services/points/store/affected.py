"""Which of the purchases given to a statement it touched: they are named only where it was not all of them."""

from typing import Any

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import Mask
from services.points.columns import Texts


def counted_and_named(
    transaction_id: sa.ColumnElement[str],
) -> tuple[sa.ColumnElement[int], sa.ColumnElement[Any]]:
    """What a statement answers: how many it touched, and which; waits for `size_of` what was given to it."""
    counted = sa.func.count()
    size = sa.bindparam("size", type_=sa.BigInteger)
    return counted, sa.case((counted < size, sa.func.array_agg(transaction_id)))


def size_of(transaction_ids: Texts) -> dict[str, int]:
    """The parameter that `counted_and_named` waits for."""
    return {"size": len(transaction_ids)}


def among(transaction_ids: Texts, counted: int, named: list[str] | None) -> Mask:
    """Which of the transactions a statement touched that answered this."""
    if counted == len(transaction_ids):
        return np.ones(counted, dtype=np.bool_)
    return np.isin(transaction_ids.astype(str), named or [])
