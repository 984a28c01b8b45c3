"""Which benefits policies may be applied: every mistake at once, each with its field."""

from collections.abc import Iterator

from services.benefits.policy_document import NO_SUCH_DAY, AllowanceRule, BenefitsPolicy, Period
from services.benefits.refusals import PolicyRule
from services.kernel.columns import occurrence_numbers
from services.kernel.program import Program, decide_program_violations, is_code, is_name
from services.kernel.refusals import Violation

QUANTITY_LIMIT = 1_000
VALUE_LIMIT_MINOR = 10**12


def decide_policy_violations(
    program: Program,
    policy: BenefitsPolicy,
    previous_program: Program | None = None,
    previous_policy: BenefitsPolicy | None = None,
) -> list[Violation]:
    """Everything that forbids applying the policy; empty: it may be applied.

    Allowances may come and go, so the previous policy forbids nothing. Paths begin with `program.` or
    `policy.`; the rules of `program.` are those of the Tier service.
    """
    return [*decide_program_violations(program, previous_program), *_policy_violations(policy)]


def _policy_violations(policy: BenefitsPolicy) -> Iterator[Violation]:
    owners = [(rule.tier_system, rule.level, rule.code) for rule in policy.allowances]
    for position, earlier in enumerate(occurrence_numbers(owners)):
        path = f"policy.allowances[{position}]"
        if earlier and all(owners[position]):
            text = f"the level has an allowance {owners[position][-1]!r} already"
            yield Violation(f"{path}.code", PolicyRule.MUST_BE_UNIQUE, text)
        yield from _allowance_violations(policy.allowances[position], path)


def _allowance_violations(rule: AllowanceRule, path: str) -> Iterator[Violation]:
    for name in ("code", "tier_system", "level"):
        if not is_code(getattr(rule, name)):
            text = "an allowance needs one, of 1 to 64 printable characters without spaces"
            yield Violation(f"{path}.{name}", PolicyRule.REQUIRED, text)
    if not is_name(rule.name):
        text = "an allowance needs a name of 1 to 200 printable characters"
        yield Violation(f"{path}.name", PolicyRule.REQUIRED, text)
    if not 1 <= rule.quantity <= QUANTITY_LIMIT:
        text = f"an allowance has 1 to {QUANTITY_LIMIT} uses a period, not {rule.quantity}"
        yield Violation(f"{path}.quantity", PolicyRule.OUT_OF_RANGE, text)
    if not 0 <= rule.value_limit_minor <= VALUE_LIMIT_MINOR:
        text = "a value limit is not negative and at most 10^12 minor units; left out: no limit"
        yield Violation(f"{path}.value_limit_minor", PolicyRule.OUT_OF_RANGE, text)
    if not rule.period:
        yield Violation(f"{path}.period", PolicyRule.REQUIRED, "say monthly or every_14_days")
    if rule.period == Period.MONTHLY and rule.anchor:
        text = "only 14-day periods count from an anchor; months are calendar months"
        yield Violation(f"{path}.anchor", PolicyRule.ANCHOR_MUST_FIT_PERIOD, text)
    if rule.period == Period.EVERY_14_DAYS and rule.anchor in (None, NO_SUCH_DAY):
        text = "14-day periods need the date from which they are counted"
        yield Violation(f"{path}.anchor", PolicyRule.ANCHOR_MUST_FIT_PERIOD, text)
