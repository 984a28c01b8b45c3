"""What both sources say about points, sentence by sentence, and what proves it: a scenario's title, or file::test."""

from typing import Final

_LEVELS = ("Crystal", "Sapphire", "Platinum", "Diamond")
_AT_ONCE = "for each RM1 of services and add-ons, rounded down, at once"
_ALL_MONTH = "in the month of the birthday, from its first day to its last"
_5TH = "Sapphire earns 100 bonus points by every 5th treatment: the 5th and the 10th"
_3RD = "Platinum earns 200 bonus points by every 3rd treatment: the 3rd, the 6th and the 9th"
_EVERY = "Diamond earns 500 bonus points by every treatment"
_PLATINUM_PACKAGE = "Platinum earns 10% extra on packages, and on nothing beside them"
_DIAMOND_PACKAGE = "Diamond earns 20% extra on packages, and on nothing beside them"
_RENEWAL = "The renewal of Diamond brings 5,000 points, which do not qualify"
_POLICIES = "tests/rules/test_tier_policy_rules.py"


def _friend(level: str, points: str, worth: str) -> str:
    return f"Who brings a friend at {level} is given {points} points, worth RM{worth}, by the friend's first treatment"


def _anniversary(level: str, points: str) -> str:
    return f"The {points} bonus points of {level}'s first anniversary are in the account at once, and do not qualify"


LUXESPA_POINTS: Final[dict[str, tuple[str, ...]]] = {
    "Base rate: 1 point per RM1 spent.": (f"Crystal earns 1 points {_AT_ONCE}",),
    "Calculation base: service price + add-ons, before discounts.": (
        "A facial of RM100 that is sold for RM80 earns 100 points: what counts is the price before discounts",
        f"Crystal earns 1 points {_AT_ONCE}",
    ),
    "Excluded: product purchases earn separately.": (
        "Products earn points and count toward no level: RM3,000 of them leave a customer at Crystal",
        "Products may earn at a rate of their own: half a point for RM1, beside a whole one for services",
    ),
    "Rounding: round down to nearest whole point.": (
        "Sen are rounded down once, after the multiplier: RM10.99 at Sapphire are 13 points, RM0.79 none",
    ),
    "Posting: immediate upon payment completion.": tuple(
        f"{level} earns {times} points {_AT_ONCE}"
        for level, times in zip(_LEVELS, ("1", "1.25", "1.5", "2"), strict=True)
    ),
    "Crystal: 1.0x; 1 point per RM1 spent.": (f"Crystal earns 1 points {_AT_ONCE}",),
    "Sapphire: 1.25x; 1.25 points per RM1 spent.": (f"Sapphire earns 1.25 points {_AT_ONCE}",),
    "Platinum: 1.5x; 1.5 points per RM1 spent.": (f"Platinum earns 1.5 points {_AT_ONCE}",),
    "Diamond: 2.0x; 2.0 points per RM1 spent.": (f"Diamond earns 2 points {_AT_ONCE}",),
    "Crystal: birthday month 2x points.": (
        f"Crystal earns 2 times {_ALL_MONTH}",
        "A birthday on 29 February is in February of every year",
    ),
    "Sapphire: birthday month 3x points.": (
        f"Sapphire earns 3 times {_ALL_MONTH}",
        "Where birthdays multiply, Sapphire earns 1.25 x 3 times in that month",
    ),
    "Platinum: birthday month 5x points.": (f"Platinum earns 5 times {_ALL_MONTH}",),
    "Diamond: birthday month 10x points.": (
        f"Diamond earns 10 times {_ALL_MONTH}",
        "Diamond in the birthday month earns 10 times on a package with its 20% extra: RM1,000 are 12,000 points",
    ),
    "Sapphire: 100 bonus points every 5th treatment.": (
        _5TH,
        "Crystal earns no bonus by treatments",
        "Treatments are numbered for life: with three as Crystal, the second as Sapphire is the 5th",
        "A purchase of twelve treatments holds the 5th and the 10th, and gives both bonuses",
        "The level held before a purchase grants its bonus: the 15 treatments that make Sapphire give none",
        "The bonus of a treatment goes with that treatment, the last of a purchase first",
    ),
    "Platinum: 200 bonus points every 3rd treatment.": (_3RD,),
    "Diamond: 500 bonus points every treatment.": (_EVERY,),
    "Platinum: 10% extra points on package purchases.": (
        _PLATINUM_PACKAGE,
        "Crystal earns no extra on packages, and on nothing beside them",
        "Sapphire earns no extra on packages, and on nothing beside them",
    ),
    "Diamond: 20% extra points on package purchases.": (_DIAMOND_PACKAGE,),
    "Diamond only: 5,000 points upon annual tier renewal.": (
        _RENEWAL,
        "The renewal of Platinum brings no points",
        "The renewal of Sapphire brings no points",
    ),
    "Crystal: referral bonus of 500 points per friend (RM50 value).": (
        _friend("Crystal", "500", "50"),
        "A friend is brought before the first treatment, or not at all",
        "The bonus for a friend goes with the friend's refunded treatment, and comes again with the next one",
    ),
    "Sapphire: referral bonus of 800 points per friend (RM80 value).": (_friend("Sapphire", "800", "80"),),
    "Platinum: referral bonus of 1,500 points per friend (RM150 value).": (
        _friend("Platinum", "1,500", "150"),
    ),
    "Diamond: referral bonus of 3,000 points per friend (RM300 value).": (
        _friend("Diamond", "3,000", "300"),
    ),
    "Points value: 100 points = RM10.": (
        "100 points are worth RM10, and what is spent does not count less toward a level",
        "Points pay from 100 on, in hundreds, and never more than there are",
    ),
    "Anniversary bonus points of year 1: 500, 1,000, 3,000 and 5,000.": tuple(
        _anniversary(level, points)
        for level, points in zip(_LEVELS, ("500", "1,000", "3,000", "5,000"), strict=True)
    ),
    "Points credit: immediate posting to account.": (_anniversary("Crystal", "500"),),
    "Full benefits, points among them, are maintained during grace.": (
        "In grace the customer earns as before",
    ),
    "Tier multipliers: each level earns at its own from the purchase after the promotion on.": (
        "A purchase that promotes earns at the old rate, the next one at the new: 1, 1.25, 1.5, 2",
    ),
}

ENGAGE_POINTS: Final[dict[str, tuple[str, ...]]] = {
    "A tier multiplier is used to reward customers additional points based on what they earn.": (
        "A customer of each level earns by its multiplier: 1, 1.5, 2 and 3 points for a pound",
    ),
    "Typically awarded 15 points, with a multiplier of 1.5 they earn an adjusted value of 22 points.": (
        "15 points x 1.5 are 22: what is behind the decimal point is dropped",
    ),
    "A decimal place is dropped from the final point total.": (
        "Both multipliers are applied before anything is dropped: 15 x 1.5 x 1.25 are 28",
    ),
    "If a change is made to multiplier settings, customers' point balances remain unchanged at that time.": (
        "A raised multiplier leaves the balance as it is and multiplies from its day on: 230 points, then 2 for 1",
    ),
    "The new multiplier is applied for all transactions moving forward.": (
        "A multiplier raised on 1 March leaves a February purchase that is told later at the old one",
        "A raised multiplier leaves the balance as it is and multiplies from its day on: 230 points, then 2 for 1",
    ),
    "The points multiplier defaults to 1.0 and can never be set lower.": (
        "A lowest-level customer earns once, in the app twice",
        f"{_POLICIES}::test_multipliers_of_levels_and_properties_are_one_to_a_hundred",
        "tests/cli/test_program_rules_by_line.py::test_a_multiplier_that_is_left_out_is_one",
    ),
    "What a customer must earn between each reset period: the points earned, and no bonus.": (
        "Bronze is safe at the reset with exactly 25 points earned since the one before",
        "Bronze is lost at the reset with 24 points, one short",
        "An award is no way to be safe at the reset: only what purchases earned since counts",
    ),
    "All advancement rules are based on points.": (
        "One point short of Bronze stays Blue; the missing point promotes",
        "An award is no way to advance: 49 points earned and 100 awarded leave a customer at Blue",
    ),
    "Property multipliers provide an additional multiplier to a customer earning points in that property.": (
        "A lowest-level customer earns once, in the app twice",
    ),
    "All digital properties default to 1 so as not to affect any of your tiers or benefits.": (
        "tests/tier/test_properties.py::test_a_multiplier_left_out_is_one",
    ),
    "If bronze is 1.5 and the app multiplier 2, the effective multiplier for points is 3.": (
        "Bronze x 1.5 in the app x 2 earns 3 times",
    ),
    "Changes of properties take place immediately and are not retroactive; balances are not recalculated.": (
        "An app multiplier raised to 5 holds from then on, and the balance stays as it is",
        "tests/tier/test_properties.py::test_what_was_recorded_keeps_its_points_when_it_is_sent_again",
    ),
}
