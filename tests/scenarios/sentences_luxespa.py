"""What LuxeSpa says about tiers, sentence by sentence, and what proves it: a scenario's title, or file::test."""

from typing import Final

_NO_LESS = "falls into grace when the year is short of it by"

LUXESPA: Final[dict[str, tuple[str, ...]]] = {
    "Crystal: automatic upon first treatment.": (
        "One sen short of Sapphire stays Crystal; the missing sen promotes",
    ),
    "Crystal: maintain 1 treatment every 24 months.": (
        "One treatment every 24 months keeps Crystal active",
        "Retail products alone do not keep Crystal active, but any purchase reactivates",
    ),
    "Crystal: inactive status if no treatment in 24 months.": (
        "Crystal is inactive 24 months after the last treatment, not a day before",
        "A Sapphire customer who stays away becomes Crystal first, and inactive 24 months after the last treatment",
    ),
    "Sapphire: RM3,000 spent in rolling 12 months.": (
        "One sen short of Sapphire stays Crystal; the missing sen promotes",
        "Spend of the day before still counts a year later less one day",
        "Spend leaves the window on the very day a year later",
    ),
    "Sapphire: 15 treatments in rolling 12 months.": (
        "One treatment short of Sapphire stays Crystal; the missing one promotes",
        "Treatments of 29 February leave on 28 February",
    ),
    "Platinum: RM10,000 spent in rolling 12 months.": (
        "One sen short of Platinum stays Sapphire; the missing sen promotes",
    ),
    "Platinum: 30 treatments in rolling 12 months.": (
        "One treatment short of Platinum stays Sapphire; the missing one promotes",
    ),
    "Platinum: jump from Crystal to Platinum if thresholds met.": (
        "A Crystal customer who spends RM10,000 at once jumps to Platinum",
    ),
    "Diamond: RM25,000 spent in rolling 12 months.": (
        "One sen short of Diamond stays Platinum; the missing sen promotes",
        "One move an evaluation: RM25,000 at once make Platinum, the next purchase Diamond",
    ),
    "Diamond: 60 treatments in rolling 12 months.": (
        "One treatment short of Diamond stays Platinum; the missing one promotes",
    ),
    "Either threshold triggers upgrade.": (
        "Customer A: 35 facials at RM200 are Platinum by treatments, not by RM7,000",
        "Customer B: 8 procedures at RM1,500 are Platinum by RM12,000, not by treatments",
    ),
    "Tier multipliers of 1.0, 1.25, 1.5 and 2.0.": (
        "A purchase that promotes earns at the old rate, the next one at the new: 1, 1.25, 1.5, 2",
    ),
    "General Manager can invite strategic VIP clients; GM approval required.": (
        "The General Manager invites a Crystal customer to Diamond, who is reviewed a year later like any other",
        "Nobody approves what they proposed, nor without being General Manager",
        "A customer who declines stays, and may be invited again",
        "An invitation that nobody answers in time is void",
        "Nobody is invited to Sapphire",
        "Who was invited keeps Diamond by reaching its thresholds within the year",
    ),
    "Maintain spending/treatment level annually; annual reset on the anniversary of tier qualification.": (
        "Sapphire is renewed by exactly RM3,000 in the year, the anniversary itself included",
        "Platinum is renewed by exactly RM10,000 in the year, the anniversary itself included",
        "Diamond is renewed by exactly RM25,000 in the year, the anniversary itself included",
        "Sapphire is renewed by exactly 15 treatments in the year, the anniversary itself included",
        "Platinum is renewed by exactly 30 treatments in the year, the anniversary itself included",
        "Diamond is renewed by exactly 60 treatments in the year, the anniversary itself included",
        "Spend in the middle of the year renews Sapphire, for one year",
        "Sapphire since 29 February is reviewed on 28 February, and on the 29th when there is one",
        "A Crystal customer is never reviewed",
    ),
    "Grace is triggered by falling below the threshold of spend or treatments.": (
        f"Sapphire {_NO_LESS} one sen",
        f"Platinum {_NO_LESS} one sen",
        f"Diamond {_NO_LESS} one sen",
        f"Sapphire {_NO_LESS} one treatment",
        f"Platinum {_NO_LESS} one treatment",
        f"Diamond {_NO_LESS} one treatment",
        "Grace begins on the very day on which spend leaves the window and the rest falls short",
    ),
    "Grace of 3 months; downgrade to Crystal if it expires.": (
        "Grace of Sapphire keeps the level to its last day, then the customer is Crystal",
    ),
    "Grace of 6 months; downgrade to Sapphire if it expires.": (
        "Grace of Platinum keeps the level to its last day, then the customer is Sapphire",
    ),
    "Grace of 12 months; downgrade to Platinum if it expires.": (
        "Grace of Diamond keeps the level to its last day, then the customer is Platinum",
        "A Diamond customer who stays away comes down level by level, each with a full year and its own grace",
    ),
    "Full benefits are maintained during grace.": ("In grace the customer earns as before",),
    "Recovery is immediate if thresholds are met during the grace period.": (
        "Sapphire is restored on the last day of grace, one sen not being enough, and keeps its anniversary",
        "Platinum is restored on the last day of grace, one sen not being enough, and keeps its anniversary",
        "Diamond is restored on the last day of grace, one sen not being enough, and keeps its anniversary",
        "Sapphire is restored by 15 treatments during grace",
        "Platinum is restored by 30 treatments during grace",
        "Diamond is restored by 60 treatments during grace",
        "In grace the customer may climb: Platinum reached, grace is over and a fresh year begins",
    ),
    "Sapphire in grace is told in months 1, 2 and 3.": (
        "Sapphire in grace is told on its months; what would fall on the last day comes 7 days before",
        "Messages that no run told in time are told in the order of their days",
        "Who recovers is told nothing more",
    ),
    "Platinum in grace is told in months 3, 4, 5 and 6.": (
        "Platinum in grace is told on its months; what would fall on the last day comes 7 days before",
    ),
    "Diamond in grace is told in months 6, 8, 10 and 11.": (
        "Diamond in grace is told on its months; what would fall on the last day comes 7 days before",
    ),
    "Lifetime members are never downgraded, even with reduced spending.": (
        "Five consecutive years at Diamond are Diamond for life, whatever is spent from then on",
    ),
    "Lifetime is automatic after 5 consecutive years.": (
        "One day less than five years is not for life",
        "A year in grace counts toward the five: for life on the very day on which grace would end",
        "Years at Diamond with a break in between do not add up",
    ),
    "A lifetime member can gift tier status to a family member once.": (
        "A lifetime member gives Diamond once to a family member, who does not hold it for life",
        "Who does not hold Diamond for life cannot give it",
    ),
    "Automatic progression: the standing changes in the call that records the purchase.": (
        "A purchase told late counts on its own day, and promotes today",
        "A purchase sent twice counts once",
    ),
    "Achieve retention in Platinum and Diamond; reduce churn; revenue from the top two tiers; visits per year.": (
        "tests/tier/test_reports.py::test_objectives_are_those_computed_by_hand",
    ),
    "Target shares of the active member base by tier.": (
        "tests/tier/test_reports.py::test_growth_tells_every_level_of_every_day_that_has_a_snapshot",
    ),
}
