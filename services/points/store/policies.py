"""The applied points policies, compiled once per revision."""

import threading
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from services.kernel.program import Program
from services.points.policy import Policy, compiled
from services.points.policy_document import PointsPolicy
from services.points.tables import POLICY_REVISION
from services.runtime.database import Fetch
from services.runtime.revisions import (
    StoredRevision,
    read_latest_number,
    read_revisions,
    record_revision,
)

_PROGRAM: Final = TypeAdapter(Program)
_POLICY: Final = TypeAdapter(PointsPolicy)


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """One revision with the documents that were applied."""

    revision: StoredRevision
    program: Program
    policy: PointsPolicy


class PolicyBook:
    """The policy as last applied; read again as soon as a transaction sees a newer revision."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = 0
        self._policy: Policy | None = None

    def current(self, connection: sa.Connection) -> Policy | None:
        """The policy that holds in this transaction; None before the first."""
        latest = read_latest_number(connection, POLICY_REVISION)
        with self._lock:
            if latest > self._latest:
                applied = read_applied(connection)
                self._policy = compiled(
                    applied[-1].program,
                    [each.revision.effective_from for each in applied],
                    [each.policy for each in applied],
                )
                self._latest = applied[-1].revision.number
            return self._policy


def read_applied(connection: sa.Connection) -> list[AppliedPolicy]:
    """All revisions with their documents, oldest first."""
    return [
        AppliedPolicy(
            revision, _PROGRAM.validate_json(revision.program), _POLICY.validate_json(revision.policy)
        )
        for revision in read_revisions(connection, POLICY_REVISION)
    ]


def read_policy(fetch: Fetch, revisions: int | None = None) -> Policy | None:
    """The policy, or the first so many revisions of it; None before the first. What a bulk job has is a Fetch."""
    table = POLICY_REVISION.c
    texts = (sa.cast(table[name], sa.Text).label(f"{name}_text") for name in ("program", "policy"))
    rows = fetch(sa.select(table.effective_from, *texts).order_by(table.number).limit(revisions))
    if len(rows["effective_from"]) == 0:
        return None
    program = _PROGRAM.validate_json(rows["program_text"][-1])
    policies = [_POLICY.validate_json(text) for text in rows["policy_text"]]
    return compiled(program, rows["effective_from"].tolist(), policies)


def record_applied(connection: sa.Connection, revision: StoredRevision) -> None:
    """Adds a revision."""
    record_revision(connection, POLICY_REVISION, revision)


def texts_of(program: Program, policy: PointsPolicy) -> tuple[str, str]:
    """The documents as they are stored, alike to the letter for like documents."""
    return _PROGRAM.dump_json(program).decode(), _POLICY.dump_json(policy).decode()
