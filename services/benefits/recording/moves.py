"""Following Tier: what a page of moves opens and closes."""

import sqlalchemy as sa

from services.benefits.columns import Moves
from services.benefits.rules.moves import decide_stays
from services.benefits.rules.opening import decide_openings
from services.benefits.store.allowances import (
    OPENED_BY_MOVE,
    read_allowances_of,
    record_level_entered,
    record_openings_of_locked,
)
from services.benefits.store.awards import blank_notes
from services.benefits.store.holders import record_stays
from services.benefits.store.policies import PolicyBook
from services.kernel.columns import taken
from services.runtime.database import fetching


def follow_moves(connection: sa.Connection, book: PolicyBook, moves: Moves) -> None:
    """Applies moves, those of one member in the order in which Tier decided them; late ones are no news.

    The first round has every member, so all rows are locked in key order before anything else is written.
    """
    rules = book.current(connection).rules
    for decided in decide_stays(moves):
        stays = taken(decided, record_stays(connection, decided))
        record_level_entered(connection, stays, rules)
        there = read_allowances_of(fetching(connection), stays.shard, stays.member_id, stays.since)
        openings = decide_openings(stays, stays.since, there, rules)
        record_openings_of_locked(connection, openings, OPENED_BY_MOVE)
    if moves.erased.any():
        blank_notes(connection, moves.member_id[moves.erased].tolist())
