"""What a bulk job is: questions that are asked once per chunk of members, and a recording of the decisions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.columns import Mask
from services.runtime.database import Fetch
from workers.progress import Connection

Rows = TypeVar("Rows")
Decisions = TypeVar("Decisions")

Texts = NDArray[np.object_]
Amounts = NDArray[np.int64]
Parameters = Mapping[str, Any]
"""What a run was planned with, as JSON knows it; kept with the run, so that a resumed one decides alike."""

Plan = Callable[[Connection, int], Parameters]
Owner = Literal["tier", "points", "benefits"]

_UNTOLD: Final = np.empty(0, dtype=np.int64)


class PolicyRequired(Exception):
    """No job can run before a program was applied."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom to read: everybody in consecutive shards, or only the named members of them, locked.

    Members are named when what was decided for them no longer fits: they are read again, FOR UPDATE, in the
    transaction that records the chunk.
    """

    first_shard: int
    last_shard: int
    members: Texts | None = None
    lock: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What a job changes, one row each: the kind, the level or allowance before and after (may be empty).

    A job that tells of points gives what the member earned before and after; of any other they are zeros. A job
    that counts gives the members that a row stands for; of any other it is one each.
    """

    member_id: Texts
    reason: Texts
    before: Texts
    after: Texts
    effective_on: Days
    points_before: Amounts = field(default_factory=lambda: _UNTOLD)
    points_after: Amounts = field(default_factory=lambda: _UNTOLD)
    members: Amounts = field(default_factory=lambda: _UNTOLD)

    def __post_init__(self) -> None:
        for name, untold in (("points_before", 0), ("points_after", 0), ("members", 1)):
            if getattr(self, name) is _UNTOLD:
                object.__setattr__(self, name, np.full(len(self.member_id), untold, dtype=np.int64))

    def __len__(self) -> int:
        """How many changes there are."""
        return len(self.member_id)


@dataclass(frozen=True, kw_only=True)
class Inquiry(Generic[Rows, Decisions]):
    """What is asked of the whole membership and only ever previewed. Days are day numbers; `fetch` reads columns.

    Functions must be importable by name: shard actors run in processes of their own.
    """

    name: str
    """As people call it: tier-review."""
    service: Owner
    """The service whose database holds what it reads, its effects if any, and the progress of its runs."""
    time_zone: Callable[[Connection], str]
    """The program's time zone, whose days count. Raises PolicyRequired."""
    weigh: Callable[[Fetch, int, Parameters], NDArray[np.int64]]
    """(fetch, as_of, parameters): members that will be read in each of the 4096 shards; sizes the chunks."""
    read: Callable[[Fetch, Scope, int, Parameters], Rows]
    """(fetch, scope, as_of, parameters): the rows to decide on, each with its version."""
    decide: Callable[[Rows, int, Parameters], Decisions]
    """(rows, as_of, parameters): pure."""
    changes: Callable[[Decisions], Changes]
    """The decisions as they are counted, shown and hashed, in their order."""
    members_read: Callable[[Rows], int]
    """How many members were looked at."""


def nothing_to_finish(_: Connection, __: Parameters, ___: str) -> None:
    """The `finish` of a job whose chunks are the whole of it."""


@dataclass(frozen=True, kw_only=True)
class Job(Inquiry[Rows, Decisions]):
    """A bulk job: what it decides can be recorded as well. `fetch` reads inside or outside a transaction."""

    plan: Plan
    """(connection, as_of): the run's parameters; {"empty": true} when there is nothing to look at."""
    record: Callable[[Connection, Decisions, str], Mask]
    """(connection, decisions, run_id): writes them, each only if the row it was decided on has not changed.

    Answers one boolean for each row of `changes(decisions)`: whether it was applied. Members with a row that
    was not are decided again. Never called without decisions.
    """
    recorded: Callable[[Fetch, str, Scope], Changes]
    """(fetch, run_id, scope): what a run recorded."""
    finish: Callable[[Connection, Parameters, str], None] = nothing_to_finish
    """(connection, parameters, run_id): called once, in the transaction that marks the run finished."""


AnyInquiry = Inquiry[Any, Any]
AnyJob = Job[Any, Any]
