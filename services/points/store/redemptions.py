"""Redemptions in and out of the database."""

from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from services.points.ledger_columns import RedemptionState
from services.points.redemption_columns import Redemptions
from services.points.tables import ENTRY, REDEMPTION
from services.runtime.arrays import insert_rows, rows_of
from services.runtime.database import fetching

_COLUMNS: Final = [REDEMPTION.c[field.name] for field in fields(Redemptions)]


def holds_at(now: datetime) -> sa.ColumnElement[bool]:
    """Whether a redemption holds points at an instant: AUTHORISED then, by `rules.redemptions.states_at`."""
    return (REDEMPTION.c.state == RedemptionState.AUTHORISED) & (
        REDEMPTION.c.expires_at > sa.func.to_timestamp(now.timestamp())
    )


def read_redemption(connection: sa.Connection, redemption_id: str) -> Redemptions:
    """The redemption of an id, or none; changed only by who holds the account that pays."""
    wanted = sa.select(*_COLUMNS).where(REDEMPTION.c.redemption_id == redemption_id)
    return Redemptions(**fetching(connection)(wanted))


def record_redemptions(connection: sa.Connection, redemptions: Redemptions) -> None:
    """Adds redemptions of ids that nothing stands for yet."""
    columns = {field.name: getattr(redemptions, field.name) for field in fields(redemptions)}
    instants = redemptions.expires_at.tolist()
    connection.execute(insert_rows(REDEMPTION, columns | {"expires_at": instants}))


def record_captured(connection: sa.Connection, redemptions: Redemptions) -> None:
    """Keeps what was taken of redemptions, and on which day."""
    taken = ("state", "captured_points", "captured_value_minor", "occurred_on")
    _update(connection, redemptions, taken)


def record_cancelled(connection: sa.Connection, redemptions: Redemptions) -> Redemptions:
    """Gives up holds, and answers them as they are then."""
    state = np.full(len(redemptions), RedemptionState.CANCELLED, dtype=np.int16)
    cancelled = replace(redemptions, state=state)
    _update(connection, cancelled, ("state",))
    return cancelled


def record_reversed(connection: sa.Connection, redemptions: Redemptions) -> None:
    """Keeps how many points were given back of redemptions."""
    _update(connection, redemptions, ("reversed_points",))


def read_given_back(connection: sa.Connection, reversal_id: str) -> int:
    """The points that a reversal gave back."""
    points: int = connection.execute(
        sa.select(ENTRY.c.points).where(ENTRY.c.transaction_id == reversal_id)
    ).scalar_one()
    return points


def read_payer(connection: sa.Connection, redemption_id: str) -> str:
    """The account from which a redemption was captured."""
    member_id: str = connection.execute(
        sa.select(ENTRY.c.member_id).where(ENTRY.c.transaction_id == redemption_id)
    ).scalar_one()
    return member_id


def _update(connection: sa.Connection, redemptions: Redemptions, names: tuple[str, ...]) -> None:
    sent: dict[str, Any] = {name: getattr(redemptions, name) for name in ("redemption_id", *names)}
    given = rows_of(REDEMPTION, sent)
    connection.execute(
        sa.update(REDEMPTION)
        .where(REDEMPTION.c.redemption_id == given.c.redemption_id)
        .values({name: given.c[name] for name in names})
    )
