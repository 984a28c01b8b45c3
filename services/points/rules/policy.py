"""Which points policies may be applied: every mistake at once, each with its field."""

from collections.abc import Iterator
from dataclasses import fields

from services.kernel.exact import ONE_BP
from services.kernel.program import Program, decide_program_violations
from services.kernel.refusals import Violation
from services.points.policy_document import PointsPolicy
from services.points.refusals import PolicyRule

RATE_LIMIT_BP = 100 * ONE_BP


def decide_policy_violations(
    program: Program,
    policy: PointsPolicy,
    previous_program: Program | None = None,
    previous_policy: PointsPolicy | None = None,
) -> list[Violation]:
    """Everything that forbids applying the policy; empty: it may be applied.

    Rates and qualifying kinds may change freely, so the previous policy forbids nothing. Paths begin with
    `program.` or `policy.`; the rules of `program.` are those of the Tier service.
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
