"""Fixed bonuses for every so many treatments of a member's life (DECISIONS, Meanings 2 and 3)."""

from dataclasses import dataclass

import numpy as np

from services.points.columns import Amounts, Numbers, Texts
from services.points.policy import Policy


@dataclass(frozen=True, slots=True)
class TreatmentBonuses:
    """`points` for each treatment whose number `every` divides, and what they come to; zeros where there is none."""

    every: Numbers
    points: Amounts
    bonus: Amounts


def decide_treatment_bonuses(
    level: Texts,
    tier_system: Texts,
    ordinal: Amounts,
    treatments: Numbers,
    points_revision: Numbers,
    policy: Policy,
) -> TreatmentBonuses:
    """What the treatments of purchases give, at the bonus of the level that prices each.

    `ordinal` numbers the last treatment of a purchase in the member's life. LuxeSpa, Step 5: Tier-Specific Points
    Earning Rules: "every 5th treatment".
    """
    every = np.zeros(len(level), dtype=np.int32)
    points = np.zeros(len(level), dtype=np.int64)
    for row in np.flatnonzero(treatments > 0).tolist() if policy.grants_for_treatments else ():
        terms = policy.bonuses[points_revision[row] - 1].get((tier_system[row], level[row]))
        if terms is not None:
            every[row], points[row] = terms.treatment_every, terms.treatment_points
    step = np.maximum(every, 1)
    numbers = np.where(every > 0, ordinal // step - (ordinal - treatments) // step, 0)
    return TreatmentBonuses(every, points, numbers * points)
