"""The applied benefits policies, compiled once per revision, and the place in Tier's feed."""

import threading

import sqlalchemy as sa
from pydantic import TypeAdapter

from services.benefits.policy import Policies, Revision, compiled
from services.benefits.policy_document import BenefitsPolicy
from services.benefits.tables import FEED_CURSOR, POLICY_REVISION
from services.kernel.program import Program
from services.runtime.database import Fetch, fetching
from services.runtime.feed import read_cursor
from services.runtime.revisions import read_latest_number

MOVE_FEED = "tier.moves"

_PROGRAM = TypeAdapter(Program)
_POLICY = TypeAdapter(BenefitsPolicy)


class PolicyBook:
    """The policies as last applied; read again as soon as a transaction sees a newer revision."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._policies = compiled([])

    def current(self, connection: sa.Connection) -> Policies:
        """The policies that hold in this transaction."""
        latest = read_latest_number(connection, POLICY_REVISION)
        with self._lock:
            if latest > self._policies.latest_number:
                self._policies = read_policies(fetching(connection))
            return self._policies


def read_policies(fetch: Fetch) -> Policies:
    """All applied policies, compiled; what a bulk job has is a Fetch."""
    t = POLICY_REVISION
    rows = fetch(
        sa.select(
            t.c.number,
            t.c.effective_from,
            t.c.digest,
            sa.cast(t.c.program, sa.Text).label("program_text"),
            sa.cast(t.c.policy, sa.Text).label("policy_text"),
        ).order_by(t.c.number)
    )
    columns = (
        rows[name].tolist() for name in ("number", "effective_from", "digest", "program_text", "policy_text")
    )
    return compiled(
        [
            Revision(number, since, digest, _PROGRAM.validate_json(program), _POLICY.validate_json(policy))
            for number, since, digest, program, policy in zip(*columns, strict=True)
        ]
    )


def texts_of(program: Program, policy: BenefitsPolicy) -> tuple[str, str]:
    """The documents as they are stored, alike to the letter for like documents."""
    return _PROGRAM.dump_json(program).decode(), _POLICY.dump_json(policy).decode()


def read_feed_position(connection: sa.Connection) -> str:
    """The cursor of the last move followed; '' is the beginning."""
    return read_cursor(connection, FEED_CURSOR, MOVE_FEED)
