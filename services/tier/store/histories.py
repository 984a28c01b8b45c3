"""The recorded moves of members as columns, for rules that retrace them."""

from dataclasses import fields

import numpy as np
import sqlalchemy as sa

from services.runtime.arrays import unnested
from services.runtime.database import Fetch
from services.tier.columns import Moves, Standings
from services.tier.tables import MOVE

_DECIDED = [MOVE.c[field.name] for field in fields(Moves) if field.name not in ("row", "activity")]


def read_histories(fetch: Fetch, standings: Standings) -> Moves:
    """All moves of the members of the standings, in the order in which they were decided."""
    wanted = unnested(
        {
            "row": (np.arange(len(standings), dtype=np.int64), sa.BigInteger()),
            "shard": (standings.shard, sa.SmallInteger()),
            "member_id": (standings.member_id, sa.Text()),
        },
        "wanted",
    )
    same = (MOVE.c.shard == wanted.c.shard) & (MOVE.c.member_id == wanted.c.member_id)
    fetched = fetch(
        sa.select(wanted.c.row, *_DECIDED).select_from(wanted.join(MOVE, same)).order_by(MOVE.c.seq)
    )
    columns = {column.name: fetched[column.name] for column in _DECIDED}
    row = fetched["row"].astype(np.intp)
    return Moves(row=row, activity=np.full(len(row), -1, dtype=np.intp), **columns)
