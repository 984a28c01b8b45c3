"""The reference allowances against examples worked out by hand from the seeds."""

from datetime import date

from tests.reference.allowances import ReferenceAllowances
from tests.reference.ladder import ONE_BP
from tests.reference.programs import luxespa
from tests.reference.tier import ReferenceTier

ENTERED = date(2024, 3, 20)


class Spa:
    """A spa whose allowances follow its tiers at once."""

    def __init__(self) -> None:
        program = luxespa()
        self.tier = ReferenceTier(program)
        self.allowances = ReferenceAllowances(program)

    def spend(self, on: date, ringgit: int) -> None:
        number = sum(len(member.activities) for member in self.tier.members.values())
        self.tier.record(f"T{number}", "M1", "", on, ringgit * 100 * ONE_BP, ringgit * 100, 1)
        self.allowances.catch_up(self.tier)

    def open_codes(self, as_of: date) -> list[tuple[str, date, int]]:
        """Code, beginning and what is left of each allowance that is not closed."""
        listed = self.allowances.list("M1", as_of)
        assert not isinstance(listed, str)
        return [
            (each.code, each.period_start, each.granted - each.used) for each in listed if not each.closed
        ]


def platinum() -> Spa:
    spa = Spa()
    spa.spend(ENTERED, 12_000)
    return spa


def diamond() -> Spa:
    spa = Spa()
    spa.spend(ENTERED, 25_000)
    spa.spend(ENTERED, 1)
    return spa


def test_promotion_opens_in_full_in_the_middle_of_a_month() -> None:
    spa = platinum()
    assert spa.open_codes(ENTERED) == [("express-facial", date(2024, 3, 1), 1)]
    assert spa.allowances.use("U1", "M1", "express-facial", ENTERED, value_minor=15_000) == {
        "remaining": 0,
        "replayed": False,
    }
    assert spa.allowances.use("U2", "M1", "express-facial", ENTERED) == "ALLOWANCE_EXHAUSTED"


def test_nothing_carries_over_and_a_use_opens_the_month_before_the_refresh() -> None:
    spa = platinum()
    april = date(2024, 4, 1)
    assert spa.allowances.use("U1", "M1", "express-facial", april) == {"remaining": 0, "replayed": False}
    assert spa.allowances.refresh(april) == []
    assert [
        (allowance.period_start, allowance.used) for _, allowance in spa.allowances.refresh(date(2024, 5, 31))
    ] == [(date(2024, 5, 1), 0)]
    assert spa.allowances.refresh(date(2024, 5, 1)) == []
    assert spa.open_codes(date(2024, 5, 2)) == [("express-facial", date(2024, 5, 1), 1)]


def test_two_treatments_of_a_fortnight_combine_into_one_of_their_joint_value() -> None:
    spa = diamond()
    fortnight = date(2024, 3, 11)
    assert spa.open_codes(ENTERED) == [("treatment", fortnight, 2)]
    assert spa.allowances.use("U1", "M1", "treatment", ENTERED, 1, 30_100) == "VALUE_ABOVE_LIMIT"
    assert spa.allowances.use("U1", "M1", "treatment", ENTERED, 2, 60_001) == "VALUE_ABOVE_LIMIT"
    assert spa.allowances.use("U1", "M1", "treatment", ENTERED, 3, 0) == "ALLOWANCE_EXHAUSTED"
    assert spa.allowances.use("U1", "M1", "treatment", date(2024, 3, 24), 2, 60_000) == {
        "remaining": 0,
        "replayed": False,
    }
    assert spa.open_codes(date(2024, 3, 25)) == [("treatment", date(2024, 3, 25), 2)]


def test_a_single_treatment_cannot_be_combined_where_the_rule_says_so() -> None:
    assert platinum().allowances.use("U1", "M1", "express-facial", ENTERED, 2) == "COMBINATION_NOT_ALLOWED"


def test_demotion_closes_and_coming_back_in_the_same_month_keeps_what_was_used() -> None:
    spa = platinum()
    september = date(2025, 9, 20)
    spa.allowances.use("U1", "M1", "express-facial", date(2025, 9, 5))
    spa.tier.run_review(date(2025, 3, 20))
    assert [move.to_level for move in spa.tier.run_grace_expiration(september)] == ["sapphire"]
    spa.allowances.catch_up(spa.tier)
    assert spa.open_codes(september) == []
    assert spa.allowances.use("U2", "M1", "express-facial", september) == "LEVEL_REQUIRED"
    spa.spend(date(2025, 9, 25), 10_000)
    assert spa.open_codes(date(2025, 9, 25)) == [("express-facial", date(2025, 9, 1), 0)]


def test_a_use_needs_a_period_in_which_the_level_was_held_and_that_is_not_over() -> None:
    spa = platinum()
    assert spa.allowances.use("U1", "M1", "express-facial", date(2024, 2, 29)) == "PERIOD_NOT_OPEN"
    april = date(2024, 4, 1)
    assert spa.allowances.use("U1", "M1", "express-facial", ENTERED, today=april) == "PERIOD_NOT_OPEN"


def test_refusals_come_in_the_order_of_their_enum_and_a_repetition_gets_the_first_answer() -> None:
    spa = platinum()
    use = spa.allowances.use
    yesterday = date(2024, 3, 19)
    refusals = [
        use("", "a b", "helicopter", ENTERED, 0, -1),
        use("U1", "a b", "helicopter", ENTERED, 0, -1),
        use("U1", "nobody", "helicopter", ENTERED, 0, -1),
        use("U1", "nobody", "helicopter", ENTERED, 1, -1, today=yesterday),
        use("U1", "nobody", "helicopter", ENTERED, today=yesterday),
        use("U1", "nobody", "helicopter", ENTERED),
        use("U1", "M1", "helicopter", ENTERED),
        use("U1", "M1", "treatment", ENTERED),
    ]
    assert refusals == [
        "TRANSACTION_ID_MUST_BE_PRINTABLE",
        "MEMBER_ID_MUST_BE_PRINTABLE",
        "QUANTITY_MUST_BE_POSITIVE",
        "VALUE_MUST_NOT_BE_NEGATIVE",
        "DATE_MUST_NOT_BE_IN_FUTURE",
        "MEMBER_UNKNOWN",
        "ALLOWANCE_UNKNOWN",
        "LEVEL_REQUIRED",
    ]
    use("U1", "M1", "express-facial", ENTERED, 1, 100)
    assert use("U1", "M1", "express-facial", ENTERED, 1, 100) == {"remaining": 0, "replayed": True}
    assert use("U1", "M1", "express-facial", ENTERED, 1, 101) == "TRANSACTION_ID_REUSED"
