"""Which terms of joining make sense: how members enrol and into which tier system (DECISIONS, Meanings 18, 19)."""

from collections.abc import Iterator

from services.kernel.refusals import Violation
from services.tier.policy_document import EnrolmentMode, Split, TierPolicy
from services.tier.refusals import PolicyRule
from services.tier.rules.naming import decide_code, decide_repeats

WHOLE_PERCENT = 100


def decide_joining_violations(policy: TierPolicy) -> Iterator[Violation]:
    """What is wrong with the enrolment, the default system and the split."""
    if policy.enrolment == EnrolmentMode.UNSPECIFIED:
        yield Violation("policy.enrolment", PolicyRule.REQUIRED, "say explicit or on_first_purchase")
    if policy.default_system:
        yield from _unknown(policy, "policy.default_system", policy.default_system)
    if policy.split is not None:
        yield from _split_violations(policy, policy.split)
    elif policy.enrolment == EnrolmentMode.ON_FIRST_PURCHASE and not policy.default_system:
        text = "enrolment on_first_purchase needs the system that new members join, or a split"
        yield Violation("policy.default_system", PolicyRule.MUST_NAME_A_SYSTEM, text)


def _split_violations(policy: TierPolicy, split: Split) -> Iterator[Violation]:
    if policy.default_system:
        text = f"a split takes the place of default_system; take {policy.default_system!r} out, or the split"
        yield Violation("policy.split", PolicyRule.SPLIT_EXCLUDES_DEFAULT, text)
    yield from decide_code("policy.split.salt", split.salt, "the salt of a split")
    yield from decide_repeats(
        "policy.split.shares", "tier_system", [share.tier_system for share in split.shares]
    )
    in_range = True
    for position, share in enumerate(split.shares):
        path = f"policy.split.shares[{position}]"
        yield from _unknown(policy, f"{path}.tier_system", share.tier_system)
        if not 0 <= share.percent <= WHOLE_PERCENT:
            in_range = False
            text = f"a share has 0 to {WHOLE_PERCENT} percent, not {share.percent}"
            yield Violation(f"{path}.percent", PolicyRule.OUT_OF_RANGE, text)
    total = sum(share.percent for share in split.shares)
    if in_range and total != WHOLE_PERCENT:
        text = f"the shares sum to {WHOLE_PERCENT} percent, not {total}"
        yield Violation("policy.split.shares", PolicyRule.SPLIT_MUST_SUM_TO_100, text)


def _unknown(policy: TierPolicy, path: str, external_id: str) -> Iterator[Violation]:
    """A name that no system has; nobody is blamed while a system lacks its own."""
    known = [system.external_id for system in policy.systems]
    if all(known) and external_id not in known:
        text = f"no tier system has the external id {external_id!r}"
        yield Violation(path, PolicyRule.MUST_NAME_A_SYSTEM, text)
