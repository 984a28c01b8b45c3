"""The applied tier policies, compiled once per revision."""

import threading
from typing import Final

import numpy as np
import sqlalchemy as sa
from pydantic import TypeAdapter

from services.kernel.program import Program
from services.runtime.database import Fetch
from services.runtime.revisions import StoredRevision
from services.tier.policy import Policy
from services.tier.policy_arrays import compiled
from services.tier.policy_document import TierPolicy
from services.tier.tables import POLICY_REVISION

ALL_REVISIONS: Final = np.iinfo(np.int32).max
"""A number that no revision reaches."""

_PROGRAM = TypeAdapter(Program)
_POLICY = TypeAdapter(TierPolicy)


class PolicyRequired(Exception):
    """No tier policy was applied yet."""


class PolicyBook:
    """The policy as last applied; compiled again as soon as a read sees another history of revisions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._history: tuple[tuple[str, int, bool], ...] = ()
        self._policy: Policy | None = None

    def current(self, fetch: Fetch, up_to: int = ALL_REVISIONS) -> Policy:
        """The policy that holds for this read; revisions numbered above `up_to` never take effect in it.

        Raises PolicyRequired before the first was applied.
        """
        table = POLICY_REVISION.c
        seen = fetch(sa.select(table.digest, table.effective_from, table.number).order_by(table.number))
        columns = (seen["digest"], seen["effective_from"], seen["number"] <= up_to)
        history = tuple(zip(*(column.tolist() for column in columns), strict=True))
        if not history:
            raise PolicyRequired
        with self._lock:
            if self._policy is None or history != self._history:
                self._policy = _read_policy(fetch, up_to)
                self._history = history
            return self._policy


def documents_of(revision: StoredRevision) -> tuple[Program, TierPolicy]:
    """A stored revision as the documents that were applied."""
    return _PROGRAM.validate_json(revision.program), _POLICY.validate_json(revision.policy)


def texts_of(program: Program, policy: TierPolicy) -> tuple[str, str]:
    """The documents as they are stored, alike to the letter for like documents."""
    return _PROGRAM.dump_json(program).decode(), _POLICY.dump_json(policy).decode()


def _read_policy(fetch: Fetch, up_to: int) -> Policy:
    table = POLICY_REVISION.c
    texts = [sa.cast(column, sa.Text).label(column.name) for column in (table.program, table.policy)]
    fetched = fetch(sa.select(table.number, table.effective_from, *texts).order_by(table.number))
    documents = [_POLICY.validate_json(text) for text in fetched["policy"]]
    numbers, since = fetched["number"].tolist(), fetched["effective_from"].tolist()
    revisions = list(zip(numbers, since, documents, strict=True))
    known = int((fetched["number"] <= up_to).sum())
    return compiled(_PROGRAM.validate_json(fetched["program"][-1]), revisions[:known], documents[known:])
