"""Recorded activity: the answers given for ever, and the sums by day."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.columns import Index, taken
from services.kernel.shards import shard_of
from services.runtime.arrays import insert_rows, unnested
from services.runtime.database import fetching
from services.tier.columns import Activities, Ids, Priced, Texts
from services.tier.tables import ACTIVITY, ACTIVITY_DAY, MEMBER_MERGE

_PAYLOAD = tuple(field.name for field in fields(Activities))
_ANSWER = tuple(field.name for field in fields(Priced))
_COUNTS = ("spend", "visits", "points")


@dataclass(frozen=True, slots=True)
class KnownActivities:
    """Activities recorded before, with the answers they got; `system` is the member's at the time.

    They are told of the member who has them now; `recorded_for` is the member that they were recorded with, who may
    have been merged into that one since.
    """

    activities: Activities
    priced: Priced
    system: Ids
    recorded_for: Texts


def read_activities(connection: sa.Connection, transaction_ids: Sequence[str]) -> KnownActivities:
    """Those of the transactions that are recorded already."""
    wanted = unnested({"transaction_id": (list(transaction_ids), sa.Text())}, "wanted")
    recorded_for = sa.func.coalesce(MEMBER_MERGE.c.source_member_id, ACTIVITY.c.member_id)
    fetched = fetching(connection)(
        sa.select(
            *[ACTIVITY.c[name] for name in (*_PAYLOAD, *_ANSWER, "system")],
            recorded_for.label("recorded_for"),
        ).select_from(
            wanted.join(ACTIVITY, ACTIVITY.c.transaction_id == wanted.c.transaction_id).outerjoin(
                MEMBER_MERGE, MEMBER_MERGE.c.request_id == ACTIVITY.c.merged_by
            )
        )
    )
    return KnownActivities(
        Activities(**{name: fetched[name] for name in _PAYLOAD}),
        Priced(**{name: fetched[name] for name in _ANSWER}),
        fetched["system"],
        fetched["recorded_for"],
    )


def record_activities(connection: sa.Connection, activities: Activities, priced: Priced, system: Ids) -> None:
    """Adds activities with their answers, and adds them to the sums of their days."""
    shard = shard_of(activities.member_id)
    payload = {name: getattr(activities, name) for name in _PAYLOAD}
    answer = {name: getattr(priced, name) for name in _ANSWER}
    connection.execute(insert_rows(ACTIVITY, {"shard": shard, **payload, **answer, "system": system}))
    _add_to_days(connection, shard, activities, priced)


def _add_to_days(
    connection: sa.Connection, shard: NDArray[np.int16], activities: Activities, priced: Priced
) -> None:
    """Rows of one member and day are folded first: one statement may not meet a row twice."""
    order, group = _grouped_by_day(shard, activities)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    lead = taken(activities, order[first])
    sums = {
        name: np.add.reduceat(values[order], first)
        for name, values in zip(_COUNTS, (activities.spend, activities.visits, priced.points), strict=True)
    }
    columns = {"shard": shard[order[first]], "member_id": lead.member_id, "day": lead.occurred_on, **sums}
    insert = insert_rows(ACTIVITY_DAY, columns)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["shard", "member_id", "day"],
            set_={name: ACTIVITY_DAY.c[name] + insert.excluded[name] for name in _COUNTS},
        )
    )


def _grouped_by_day(shard: NDArray[np.int16], activities: Activities) -> tuple[Index, Index]:
    """Rows in the order of shard, member and day, and a number for each such group."""
    keys = list(
        zip(shard.tolist(), activities.member_id.tolist(), activities.occurred_on.tolist(), strict=True)
    )
    order = sorted(range(len(keys)), key=keys.__getitem__)
    new_group = [
        position == 0 or keys[row] != keys[order[position - 1]] for position, row in enumerate(order)
    ]
    return np.array(order, dtype=np.intp), np.cumsum(new_group).astype(np.intp) - 1
