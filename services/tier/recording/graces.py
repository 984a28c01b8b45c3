"""A member's times of grace, read with the policy that they began under."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from services.kernel.calendar import NEVER
from services.tier.refusals import Reason
from services.tier.rules.graces import GraceMove, TimeOfGrace, times_of_grace
from services.tier.store.graces import read_moves
from services.tier.store.standings import read_standings


def list_graces(connection: sa.Connection, member_id: str) -> Sequence[TimeOfGrace] | Reason:
    """The times of grace of a member, newest first, or why they cannot be told."""
    standing = read_standings(connection, [member_id], lock=False)
    if len(standing) == 0:
        return Reason.MEMBER_UNKNOWN
    moves = read_moves(connection, member_id)
    times = times_of_grace(
        GraceMove(*row) for row in zip(*(column.tolist() for column in moves.values()), strict=True)
    )
    if times and times[-1].ended_on == NEVER and standing.grace_from[0] != NEVER:
        # Grace that came with another record began there, before the move that brought it.
        times[-1] = replace(times[-1], entered_on=int(standing.grace_from[0]))
    return times[::-1]
