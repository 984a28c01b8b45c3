"""Purchases that are to be taken back, with the accounts that hold their points locked."""

from collections.abc import Collection

import sqlalchemy as sa

from services.points.reversal_columns import Bought
from services.points.store.heirs import Heir, locked_heirs
from services.points.store.reversible import read_bought


def locked_purchases(
    connection: sa.Connection, transaction_ids: Collection[str]
) -> tuple[Bought, dict[str, Heir]]:
    """Those of the purchases that are in the ledger, and by who bought them, the records that hold their points.

    What is left of them is read when all those accounts are locked; so refunds of one member queue here. A purchase
    may come in while the locks are waited for.
    """
    asked: set[str] = set()
    heirs: dict[str, Heir] = {}
    while True:
        bought = read_bought(connection, transaction_ids)
        members = set(bought.member_id.tolist())
        if members <= asked:
            return bought, heirs
        asked |= members
        heirs = locked_heirs(connection, asked)
