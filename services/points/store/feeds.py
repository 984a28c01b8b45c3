"""Where this service stands in the feeds that it follows."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from services.points.tables import FEED_CURSOR
from services.runtime.feed import read_cursor

MOVE_FEED: Final = "tier.moves"
AWARD_FEED: Final = "benefits.awards"


@dataclass(frozen=True, slots=True)
class FeedPositions:
    """The cursors up to which the effects of both feeds are in this database; '' is the beginning."""

    moves: str
    awards: str


def read_feed_positions(connection: sa.Connection) -> FeedPositions:
    """How far moves and awards have been followed."""
    return FeedPositions(
        read_cursor(connection, FEED_CURSOR, MOVE_FEED), read_cursor(connection, FEED_CURSOR, AWARD_FEED)
    )
