"""Who is enrolled has an account: the effect of Tier's moves on this service."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from services.points.store.ledger import open_accounts


@dataclass(frozen=True, slots=True)
class FollowedMove:
    """A move of Tier's feed as far as it concerns the ledger."""

    member_id: str
    is_enrolment: bool


def open_enrolled(connection: sa.Connection, moves: Sequence[FollowedMove]) -> None:
    """Gives every member enrolled by these moves an account with no points."""
    open_accounts(connection, {move.member_id for move in moves if move.is_enrolment})
