"""What can be reported on: which ranges of days, which systems, which levels."""

from collections.abc import Sequence
from typing import Final

from services.kernel.calendar import NEVER
from services.tier.policy import Policy
from services.tier.refusals import Reason

RANGE_LIMIT_DAYS: Final = 400
"""From the first day of a report to its last."""


def refuse_days(first: int, last: int, today: int) -> Reason:
    """Why no report covers these days; NEVER is a day that no calendar has. Days are reckoned from 1970 on."""
    if NEVER in (first, last):
        return Reason.DATE_MUST_BE_VALID
    possible = 0 <= first <= last <= today and last - first <= RANGE_LIMIT_DAYS
    return Reason.UNSPECIFIED if possible else Reason.RANGE_MUST_BE_POSSIBLE


def refuse_names(systems: Sequence[str], levels: Sequence[str], policy: Policy) -> Reason:
    """Why nothing can be told of systems and levels of these names; of no names everything is told."""
    if not set(systems) <= set(policy.system_ids):
        return Reason.TIER_SYSTEM_UNKNOWN
    shown = [policy.system_ids.index(name) for name in systems] or range(len(policy.system_ids))
    known = {code for number in shown for code in policy.level_codes[number]}
    return Reason.UNSPECIFIED if set(levels) <= known else Reason.LEVEL_UNKNOWN


def system_reported_on(external_id: str, day: int, policy: Policy) -> int | None:
    """The number of the system named; '' names the default one, or the only one. None: there is none on that day."""
    document = policy.document_on(day)
    names = [system.external_id for system in document.systems]
    named = external_id or document.default_system or (names[0] if len(names) == 1 else "")
    return policy.system_ids.index(named) if named in names else None
