"""The applied tier policies, compiled once per change of them."""

import threading
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from pydantic import TypeAdapter

from services.kernel.program import Program
from services.runtime.database import Fetch
from services.runtime.revisions import StoredRevision
from services.tier.policy import Policy
from services.tier.policy_arrays import compiled
from services.tier.policy_document import TierPolicy
from services.tier.properties import PropertyEdit
from services.tier.rules.revisions import Term, segments_of
from services.tier.store.revisions import REVISIONS_WITH_RANGES
from services.tier.tables import POLICY_REVISION, PROPERTY_EDIT, REVISION_RANGE

ALL_REVISIONS: Final = np.iinfo(np.int32).max
"""A number that no revision reaches."""

_TERM = (
    POLICY_REVISION.c.number,
    POLICY_REVISION.c.effective_from,
    REVISION_RANGE.c.effective_until,
    REVISION_RANGE.c.cancelled_at.is_not(None).label("cancelled"),
)
_CANCELLED = sa.select(sa.func.count(REVISION_RANGE.c.cancelled_at)).scalar_subquery()
_NEWEST_EDIT = sa.select(sa.func.coalesce(sa.func.max(PROPERTY_EDIT.c.number), 0)).scalar_subquery()
_HISTORY = sa.select(
    POLICY_REVISION.c.number,
    POLICY_REVISION.c.effective_from,
    POLICY_REVISION.c.digest,
    _CANCELLED.label("cancelled"),
    _NEWEST_EDIT.label("newest_edit"),
).order_by(POLICY_REVISION.c.number)
"""Asked by every call, so it is short: whatever changes the policy changes the answer."""

_PROGRAM = TypeAdapter(Program)
_POLICY = TypeAdapter(TierPolicy)


class PolicyRequired(Exception):
    """No tier policy was applied yet."""


class PolicyBook:
    """The policy as last applied; compiled again as soon as a read sees another history of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._history: tuple[tuple[Any, ...], ...] = ()
        self._policy: Policy | None = None

    def current(self, fetch: Fetch, up_to: int = ALL_REVISIONS) -> Policy:
        """The policy that holds for this read; revisions numbered above `up_to` never take effect in it.

        Raises PolicyRequired before the first was applied.
        """
        seen = fetch(_HISTORY)
        columns = (*seen.values(), seen["number"] <= up_to)
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
    return parsed(revision.program, revision.policy)


def parsed(program: str, policy: str) -> tuple[Program, TierPolicy]:
    """The documents that `texts_of` has written."""
    return _PROGRAM.validate_json(program), _POLICY.validate_json(policy)


def texts_of(program: Program, policy: TierPolicy) -> tuple[str, str]:
    """The documents as they are stored, alike to the letter for like documents."""
    return _PROGRAM.dump_json(program).decode(), _POLICY.dump_json(policy).decode()


def read_changed_policy(fetch: Fetch, up_to: int, changed: TierPolicy, since: int) -> Policy:
    """The policy of so many revisions as it would be, were a changed one applied and in force from a day on."""
    return _read_policy(fetch, up_to, (changed, since))


def _read_policy(fetch: Fetch, up_to: int, changed: tuple[TierPolicy, int] | None = None) -> Policy:
    """Documents before edits: whoever sees a property sees its multiplier."""
    table = POLICY_REVISION.c
    texts = [sa.cast(column, sa.Text).label(column.name) for column in (table.program, table.policy)]
    fetched = fetch(sa.select(*_TERM, *texts).select_from(REVISIONS_WITH_RANGES).order_by(table.number))
    numbers = fetched["number"].tolist()
    documents = dict(zip(numbers, map(_POLICY.validate_json, fetched["policy"]), strict=True))
    columns = (
        fetched[name].tolist() for name in ("number", "effective_from", "effective_until", "cancelled")
    )
    terms = [Term(*row) for row in zip(*columns, strict=True) if row[0] <= up_to]
    if changed is not None:
        number, (document, since) = numbers[-1] + 1, changed
        documents[number] = document
        terms.append(Term(number, since))
    segments = segments_of(terms)
    return compiled(
        _PROGRAM.validate_json(fetched["program"][~fetched["cancelled"]][-1]),
        [(number, since, documents[number]) for number, since in segments],
        list(documents.values()),
        _read_edits(fetch),
    )


def _read_edits(fetch: Fetch) -> list[PropertyEdit]:
    edit = PROPERTY_EDIT.c
    fetched = fetch(
        sa.select(edit.property_id, edit.effective_from, edit.multiplier_bp).order_by(edit.number)
    )
    return [PropertyEdit(*row) for row in zip(*(column.tolist() for column in fetched.values()), strict=True)]
