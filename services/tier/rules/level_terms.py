"""Which terms of a level make sense beside its thresholds: invitation, lifetime, touchpoints of grace.

DECISIONS, Meanings 11, 12 and 16.
"""

from collections.abc import Iterator

from services.kernel.program import is_name
from services.kernel.refusals import Violation
from services.tier.policy_document import Level, Thresholds, TierSystem
from services.tier.refusals import PolicyRule
from services.tier.rules.naming import decide_code

LIFETIME_LIMIT_YEARS = 100


def decide_level_terms(system: TierSystem, rank: int, path: str) -> Iterator[Violation]:
    """What is wrong with how a level is entered by invitation, held for life, and talked about during grace."""
    level, above = system.levels[rank], system.levels[rank + 1 :]
    by_invitation_only = level.by_invitation and level.entry == Thresholds()
    if by_invitation_only and any(other.entry != Thresholds() for other in above):
        text = "who is invited stands above all who are not: a level above this one is entered by thresholds"
        yield Violation(f"{path}.by_invitation", PolicyRule.INVITATION_ONLY_MUST_BE_ON_TOP, text)
    if not 0 <= level.lifetime_years <= LIFETIME_LIMIT_YEARS:
        text = (
            f"a level is held for life after up to {LIFETIME_LIMIT_YEARS} years, not {level.lifetime_years}"
        )
        yield Violation(f"{path}.lifetime_years", PolicyRule.OUT_OF_RANGE, text)
    elif level.lifetime_years and above:
        text = f"only the highest level, {above[-1].name or above[-1].code}, is held for life"
        yield Violation(f"{path}.lifetime_years", PolicyRule.LIFETIME_ONLY_AT_THE_TOP, text)
    if level.touchpoints:
        yield from _touchpoint_violations(level, path)


def _touchpoint_violations(level: Level, path: str) -> Iterator[Violation]:
    """Each touchpoint in a month of its own within grace (LuxeSpa, Grace Period Rules: Communication)."""
    if level.grace_months == 0:
        text = "touchpoints need months of grace to fall in"
        yield Violation(f"{path}.grace_months", PolicyRule.TOUCHPOINT_MUST_FALL_IN_GRACE, text)
    months: set[int] = set()
    for position, touchpoint in enumerate(level.touchpoints):
        at = f"{path}.touchpoints[{position}]"
        if level.grace_months > 0 and not 1 <= touchpoint.month <= level.grace_months:
            text = f"grace has the months 1 to {level.grace_months}, not {touchpoint.month}"
            yield Violation(f"{at}.month", PolicyRule.TOUCHPOINT_MUST_FALL_IN_GRACE, text)
        elif touchpoint.month in months:
            text = f"month {touchpoint.month} of grace has a touchpoint already"
            yield Violation(f"{at}.month", PolicyRule.TOUCHPOINT_MUST_FALL_IN_GRACE, text)
        months.add(touchpoint.month)
        yield from decide_code(f"{at}.code", touchpoint.code, "a touchpoint")
        if not is_name(touchpoint.text):
            text = "a touchpoint needs a text of 1 to 200 printable characters"
            yield Violation(f"{at}.text", PolicyRule.REQUIRED, text)
