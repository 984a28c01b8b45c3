"""What the jobs have in common that are only ever previewed."""

from collections.abc import Sequence
from typing import Any, NoReturn

from services.kernel.refusals import Violation
from services.runtime.database import Fetch
from services.tier.refusals import TEXTS
from services.tier.refusals import Reason as TierReason
from workers.job import Scope
from workers.progress import Connection
from workers.refusals import Reason, RunRefused


def refuse_invalid(mistakes: Sequence[Violation]) -> None:
    """Refuses a policy that has mistakes, with all of them, as ApplyPolicy would."""
    if mistakes:
        raise RunRefused(Reason.POLICY_INVALID, TEXTS[TierReason.POLICY_INVALID], mistakes=mistakes)


def planned_by_its_call(_: Connection, __: int) -> NoReturn:
    """The `plan` of a job whose runs are planned by what their caller asks."""
    _never()


def records_nothing(_: Connection, __: Any, ___: str) -> NoReturn:
    """The `record` of a job that is only previewed."""
    _never()


def nothing_recorded(_: Fetch, __: str, ___: Scope) -> NoReturn:
    """The `recorded` of a job that is only previewed."""
    _never()


def _never() -> NoReturn:
    raise NotImplementedError("this job is only previewed, by a call of its own")
