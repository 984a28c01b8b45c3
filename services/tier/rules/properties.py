"""Which multipliers of digital properties an applied policy changes (DECISIONS, Meanings 17)."""

from collections.abc import Mapping
from datetime import date

from services.kernel.calendar import day_number
from services.kernel.exact import ONE_BP
from services.tier.policy_document import TierPolicy
from services.tier.properties import PropertyEdit, stated_multiplier
from services.tier.refusals import Reason
from services.tier.rules.policy import MULTIPLIER_LIMIT_BP


def decide_property_edits(
    policy: TierPolicy, before: TierPolicy | None, present: Mapping[str, int], today: int
) -> list[PropertyEdit]:
    """What applying the policy changes at once, whatever its first day.

    `before` is the policy applied last, `present` the multipliers that hold now. A multiplier that the policy states
    as before was not touched: what staff made of it since stays. What is new has its multiplier since ever.
    """
    stated_before = {item.id: stated_multiplier(item) for item in before.properties} if before else {}
    edits: list[PropertyEdit] = []
    for item in policy.properties:
        stated = stated_multiplier(item)
        if item.id not in present:
            edits.append(PropertyEdit(item.id, day_number(date.min), stated))
        elif stated not in (stated_before.get(item.id), present[item.id]):
            edits.append(PropertyEdit(item.id, today, stated))
    return edits


def decide_multiplier_refusal(multiplier_bp: int) -> Reason:
    """Why a property cannot have this multiplier; UNSPECIFIED: it can (Engage, Editing a Property)."""
    if multiplier_bp < ONE_BP:
        return Reason.MULTIPLIER_BELOW_ONE
    return Reason.MULTIPLIER_ABOVE_LIMIT if multiplier_bp > MULTIPLIER_LIMIT_BP else Reason.UNSPECIFIED
