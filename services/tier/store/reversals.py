"""Reversals in and out of the database, and what they left of purchases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.columns import Mask
from services.runtime.arrays import insert_rows, rows_of, unnested
from services.runtime.database import fetching
from services.tier.columns import Texts
from services.tier.rules.reversals import Left, Reversals, TakenBack
from services.tier.tables import ACTIVITY, ACTIVITY_DAY, REVERSAL

_COUNTS: Final = ("spend", "visits", "points")
_ASKED: Final = ("reversal_id", "transaction_id", "occurred_on", "everything")
_AMOUNTS: Final = ("base_micropoints", "package_micropoints", *_COUNTS)
_ANSWER: Final = (*_AMOUNTS, "move_reason", "level_after", "system")


@dataclass(frozen=True, slots=True)
class KnownReversals:
    """Reversals recorded before, with the answers they got."""

    reversal_id: Texts
    transaction_id: Texts
    occurred_on: Days
    everything: Mask
    taken_back: TakenBack


def read_left(connection: sa.Connection, transaction_ids: Sequence[str]) -> Left:
    """Those of the purchases that are recorded, with what earlier reversals left of them."""
    wanted = unnested({"transaction_id": (sorted(set(transaction_ids)), sa.Text())}, "wanted")
    taken = (
        sa.select(
            *[_total(REVERSAL.c[name]).label(name) for name in _AMOUNTS],
            sa.func.count().label("reversals"),
        )
        .where(REVERSAL.c.transaction_id == ACTIVITY.c.transaction_id)
        .lateral("taken")
    )
    remaining = [(ACTIVITY.c[name] - taken.c[name]).label(name) for name in _AMOUNTS]
    fetched = fetching(connection)(
        sa.select(
            ACTIVITY.c.transaction_id,
            ACTIVITY.c.member_id,
            ACTIVITY.c.occurred_on,
            ACTIVITY.c.base_micropoints.label("whole_base"),
            ACTIVITY.c.package_micropoints.label("whole_package"),
            ACTIVITY.c.points.label("whole_points"),
            ACTIVITY.c.package_bonus_bp,
            *remaining,
            sa.cast(taken.c.reversals, sa.BigInteger).label("reversals"),
        ).select_from(
            wanted.join(ACTIVITY, ACTIVITY.c.transaction_id == wanted.c.transaction_id).join(taken, sa.true())
        )
    )
    return Left(**fetched)


def read_reversals(connection: sa.Connection, reversal_ids: Sequence[str]) -> KnownReversals:
    """Those of the reversals that are recorded already."""
    wanted = unnested({"reversal_id": (list(reversal_ids), sa.Text())}, "wanted")
    fetched = fetching(connection)(
        sa.select(*[REVERSAL.c[name] for name in (*_ASKED, *_ANSWER)]).select_from(
            wanted.join(REVERSAL, REVERSAL.c.reversal_id == wanted.c.reversal_id)
        )
    )
    granted = np.zeros(len(fetched["reversal_id"]), dtype=np.int16)
    return KnownReversals(
        **{name: fetched[name] for name in _ASKED},
        taken_back=TakenBack(reason=granted, **{name: fetched[name] for name in _ANSWER}),
    )


def purchases_among(connection: sa.Connection, ids: Sequence[str]) -> set[str]:
    """Those of the ids that are transaction ids of purchases."""
    wanted = unnested({"transaction_id": (list(ids), sa.Text())}, "wanted")
    same = ACTIVITY.c.transaction_id == wanted.c.transaction_id
    found = connection.execute(sa.select(ACTIVITY.c.transaction_id).select_from(wanted.join(ACTIVITY, same)))
    return set(found.scalars())


def record_reversals(
    connection: sa.Connection,
    reversals: Reversals,
    taken_back: TakenBack,
    shard: NDArray[np.int16],
    member_id: Texts,
    purchased_on: Days,
) -> None:
    """Adds reversals with their answers, and takes them from the sums of the days of their purchases."""
    asked = {name: getattr(reversals, name) for name in _ASKED}
    answer = {name: getattr(taken_back, name) for name in _ANSWER}
    key = {"shard": shard, "member_id": member_id}
    connection.execute(insert_rows(REVERSAL, {**key, **asked, **answer}))
    given = rows_of(ACTIVITY_DAY, {**key, "day": purchased_on, **{name: answer[name] for name in _COUNTS}})
    by_day = [given.c.shard, given.c.member_id, given.c.day]
    sums = (
        sa.select(*by_day, *[_total(given.c[name]).label(name) for name in _COUNTS]).group_by(*by_day).cte()
    )
    connection.execute(
        sa.update(ACTIVITY_DAY)
        .where(*[ACTIVITY_DAY.c[name] == sums.c[name] for name in ("shard", "member_id", "day")])
        .values({name: ACTIVITY_DAY.c[name] - sums.c[name] for name in _COUNTS})
    )


def _total(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)
