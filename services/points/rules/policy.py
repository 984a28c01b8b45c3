"""Which points policies may be applied: every mistake at once, each with its field."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from services.kernel.exact import ONE_BP
from services.kernel.program import Program, decide_program_violations
from services.kernel.refusals import Violation
from services.points.policy_document import Expiry, ExpiryMode, LevelBonuses, PointsPolicy, Redeeming
from services.points.refusals import PolicyRule
from services.points.rules.limits import ACT_LIMIT, POINTS_LIMIT_OF_BONUS

RATE_LIMIT_BP: Final = 100 * ONE_BP

_EVERY_LIMIT: Final = 1_000
_WORTH_LIMIT: Final = 10**9
_VALUE_LIMIT_MINOR: Final = 10**6
"""One point is worth so many minor units at most: what 10^12 points are worth then is a 64-bit number."""

_HOLD_LIMIT_MINUTES: Final = 7 * 24 * 60
_MONTHS_LIMIT: Final = 1_200
_DAYS_LIMIT: Final = 366


def decide_policy_violations(
    program: Program,
    policy: PointsPolicy,
    previous_program: Program | None = None,
    previous_policy: PointsPolicy | None = None,
) -> list[Violation]:
    """Everything that forbids applying the policy; empty: it may be applied.

    All of it may change freely, so the previous policy forbids nothing. Paths begin with `program.` or
    `policy.`; the rules of `program.` are those of the Tier service.
    """
    return [*decide_program_violations(program, previous_program), *_policy_violations(policy)]


def _policy_violations(policy: PointsPolicy) -> Iterator[Violation]:
    if policy.rates is None:
        text = "say how many points one major unit of each kind of amount earns"
        yield Violation("policy.rates", PolicyRule.REQUIRED, text)
    if policy.qualifying is None:
        text = "say which kinds of amount count toward levels"
        yield Violation("policy.qualifying", PolicyRule.REQUIRED, text)
    for field in fields(policy.rates) if policy.rates else ():
        if not 0 <= getattr(policy.rates, field.name) <= RATE_LIMIT_BP:
            text = f"a rate is 0 to {RATE_LIMIT_BP // ONE_BP} points for one major unit"
            yield Violation(f"policy.rates.{field.name}", PolicyRule.RATE_OUT_OF_RANGE, text)
    yield from _bonuses_violations(policy.bonuses)
    yield from _redeeming_violations(policy.redeeming) if policy.redeeming else ()
    yield from _expiry_violations(policy.expiry) if policy.expiry else ()
    yield from _within("policy.holding_days", policy.holding_days, 0, _DAYS_LIMIT)
    yield from _within("policy.adjustment_limit", policy.adjustment_limit, 0, ACT_LIMIT)


def _bonuses_violations(bonuses: tuple[LevelBonuses, ...]) -> Iterator[Violation]:
    seen: set[tuple[str, str]] = set()
    for position, each in enumerate(bonuses):
        path = f"policy.bonuses[{position}]"
        if not each.tier_system:
            yield Violation(
                f"{path}.tier_system", PolicyRule.REQUIRED, "say which tier system has the bonuses"
            )
        if not each.level:
            yield Violation(f"{path}.level", PolicyRule.REQUIRED, "say which level has the bonuses")
        elif (each.tier_system, each.level) in seen:
            text = f"the bonuses of level {each.level} of {each.tier_system} stand in one place"
            yield Violation(f"{path}.level", PolicyRule.MUST_BE_UNIQUE, text)
        seen.add((each.tier_system, each.level))
        yield from _treatment_violations(path, each)
        for name in ("treatment_points", "renewal_points", "referral_points"):
            yield from _within(f"{path}.{name}", getattr(each, name), 0, POINTS_LIMIT_OF_BONUS)


def _treatment_violations(path: str, bonuses: LevelBonuses) -> Iterator[Violation]:
    yield from _within(f"{path}.treatment_every", bonuses.treatment_every, 0, _EVERY_LIMIT)
    if bonuses.treatment_points and not bonuses.treatment_every:
        text = "say for every how many treatments the points are"
        yield Violation(f"{path}.treatment_every", PolicyRule.REQUIRED, text)
    if bonuses.treatment_every and not bonuses.treatment_points:
        text = f"say how many points every {bonuses.treatment_every} treatments give"
        yield Violation(f"{path}.treatment_points", PolicyRule.REQUIRED, text)


def _redeeming_violations(redeeming: Redeeming) -> Iterator[Violation]:
    path = "policy.redeeming"
    mistakes = [
        *_within(f"{path}.points", redeeming.points, 1, _WORTH_LIMIT),
        *_within(
            f"{path}.value_minor", redeeming.value_minor, 1, max(redeeming.points, 1) * _VALUE_LIMIT_MINOR
        ),
        *_within(f"{path}.minimum_points", redeeming.minimum_points, 0, ACT_LIMIT),
        *_within(f"{path}.step_points", redeeming.step_points, 0, ACT_LIMIT),
    ]
    yield from mistakes
    yield from _within(f"{path}.hold_minutes", redeeming.hold_minutes, 0, _HOLD_LIMIT_MINUTES)
    if mistakes:
        return
    step = redeeming.step_points or 1
    if step * redeeming.value_minor % redeeming.points:
        text = (
            f"{step} points must be worth whole minor units: {redeeming.points} are {redeeming.value_minor}"
        )
        yield Violation(f"{path}.step_points", PolicyRule.STEP_MUST_BE_WORTH_WHOLE_UNITS, text)
    if redeeming.minimum_points % step:
        text = f"a minimum is redeemed in whole steps of {step} points"
        yield Violation(f"{path}.minimum_points", PolicyRule.MINIMUM_MUST_FIT_STEP, text)


def _expiry_violations(expiry: Expiry) -> Iterator[Violation]:
    if expiry.mode is ExpiryMode.UNSPECIFIED:
        text = "say whether points expire after_earning or after_inactivity"
        yield Violation("policy.expiry.mode", PolicyRule.REQUIRED, text)
    yield from _within("policy.expiry.months", expiry.months, 1, _MONTHS_LIMIT)
    yield from _within("policy.expiry.reinstatement_days", expiry.reinstatement_days, 0, _DAYS_LIMIT)


def _within(path: str, number: int, least: int, most: int) -> Iterator[Violation]:
    if not least <= number <= most:
        yield Violation(path, PolicyRule.OUT_OF_RANGE, f"it is {least} to {most}, not {number}")
