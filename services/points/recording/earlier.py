"""Whether an act has been done before: one transaction id has one effect, for ever."""

from collections.abc import Mapping
from enum import Enum
from hashlib import blake2b
from typing import Final

import sqlalchemy as sa

from services.points.ledger_columns import EntryKind
from services.points.store.identities import claim, read_claims

_HASH_BYTES: Final = 16


class Earlier(Enum):
    """What a transaction id stands for already."""

    NONE = "nothing: the act may take effect"
    SAME = "this very act: the first answer is given again"
    OTHER = "another act: the id is refused"


def earlier(connection: sa.Connection, transaction_id: str, kind: EntryKind, payload_hash: bytes) -> Earlier:
    """What an id stands for; to be asked after the accounts are locked.

    The id is held until the transaction ends, so that no other act or purchase takes it meanwhile.
    """
    return earlier_of_each(connection, {transaction_id: payload_hash}, kind)[transaction_id]


def earlier_of_each(
    connection: sa.Connection, payload_hashes: Mapping[str, bytes], kind: EntryKind
) -> dict[str, Earlier]:
    """The same for several acts of one kind at once."""
    claim(connection, list(payload_hashes))
    claims = read_claims(connection, list(payload_hashes))
    answers = dict.fromkeys(payload_hashes, Earlier.NONE)
    for transaction_id, found in claims.items():
        same = found == {(kind, payload_hashes[transaction_id])}
        answers[transaction_id] = Earlier.SAME if same else Earlier.OTHER
    return answers


def payload_hash_of(*values: object) -> bytes:
    """A hash of what an act asks for, alike for like values; the id and everything that makes a difference."""
    return blake2b(repr(values).encode(), digest_size=_HASH_BYTES).digest()
