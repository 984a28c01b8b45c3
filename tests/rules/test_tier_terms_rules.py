"""Which terms of joining, of levels and of grace may be applied, by name of the rule that each mistake breaks."""

from dataclasses import replace
from typing import Any

import pytest

from services.tier.policy_document import (
    EnrolmentMode,
    Level,
    Maintenance,
    Share,
    Split,
    Thresholds,
    TierPolicy,
    Touchpoint,
)
from tests.rules.test_tier_policy_rules import (
    CRYSTAL,
    MONTHLY,
    PLATINUM,
    POLICY,
    SAPPHIRE,
    SAPPHIRE_PATH,
    broken,
    with_sapphire,
    with_spa,
)

DIAMOND = Level("diamond", "Diamond", 20_000, by_invitation=True)
TOP_PATH = "policy.systems[0].levels[3]"


def split_policy(*shares: tuple[str, int], salt: str = "spring", **changed: Any) -> TierPolicy:
    split = Split(salt, tuple(Share(system, percent) for system, percent in shares))
    return replace(POLICY, **{"default_system": "", "split": split, **changed})


def with_diamond(**changed: Any) -> TierPolicy:
    return with_spa(levels=(CRYSTAL, SAPPHIRE, PLATINUM, replace(DIAMOND, **changed)))


def touched(*months: int, grace_months: int = 3) -> TierPolicy:
    touchpoints = tuple(Touchpoint(month, f"call-{month}", "Call the member") for month in months)
    return with_sapphire(grace_months=grace_months, touchpoints=touchpoints)


@pytest.mark.parametrize("shares", [(50, 50), (100, 0), (1, 99)])
def test_a_split_takes_the_place_of_the_default_system(shares: tuple[int, int]) -> None:
    assert broken(split_policy(("spa", shares[0]), ("engage", shares[1]))) == []


@pytest.mark.parametrize("shares", [(50, 49), (50, 51), (0, 0)])
def test_the_shares_of_a_split_sum_to_a_hundred(shares: tuple[int, int]) -> None:
    assert broken(split_policy(("spa", shares[0]), ("engage", shares[1]))) == [
        ("policy.split.shares", "SPLIT_MUST_SUM_TO_100")
    ]


def test_a_split_without_shares_sums_to_nothing() -> None:
    assert broken(split_policy()) == [("policy.split.shares", "SPLIT_MUST_SUM_TO_100")]


def test_shares_beyond_nothing_and_everything_are_refused_though_they_sum_to_a_hundred() -> None:
    assert broken(split_policy(("spa", -1), ("engage", 101))) == [
        ("policy.split.shares[0].percent", "OUT_OF_RANGE"),
        ("policy.split.shares[1].percent", "OUT_OF_RANGE"),
    ]


def test_a_split_names_each_of_its_systems_once() -> None:
    assert broken(split_policy(("spa", 50), ("spa", 50))) == [
        ("policy.split.shares[1].tier_system", "MUST_BE_UNIQUE")
    ]
    assert broken(split_policy(("spa", 50), ("gold", 50))) == [
        ("policy.split.shares[1].tier_system", "MUST_NAME_A_SYSTEM")
    ]


def test_a_split_needs_a_salt_and_no_default_system_beside_it() -> None:
    whole = ("spa", 100)
    assert broken(split_policy(whole, salt="")) == [("policy.split.salt", "REQUIRED")]
    assert broken(split_policy(whole, default_system="spa")) == [("policy.split", "SPLIT_EXCLUDES_DEFAULT")]


def test_who_joins_by_the_first_purchase_needs_a_default_system_or_a_split() -> None:
    assert broken(split_policy(("spa", 100), enrolment=EnrolmentMode.ON_FIRST_PURCHASE)) == []
    without = replace(POLICY, default_system="", split=None)
    assert broken(without) == [("policy.default_system", "MUST_NAME_A_SYSTEM")]


@pytest.mark.parametrize(("months", "allowed"), [(0, False), (1, True), (120, True), (121, False)])
def test_continuous_maintenance_needs_a_window(months: int, allowed: bool) -> None:
    expected = [] if allowed else [("policy.systems[0].window_months", "OUT_OF_RANGE")]
    assert broken(with_spa(maintenance=Maintenance.CONTINUOUS, window_months=months)) == expected


def test_continuous_maintenance_has_no_reset() -> None:
    policy = with_spa(maintenance=Maintenance.CONTINUOUS, reset=MONTHLY)
    assert broken(policy) == [("policy.systems[0].reset", "RESET_NOT_ENABLED")]


@pytest.mark.parametrize(("months", "allowed"), [(-1, False), (0, True), (120, True), (121, False)])
def test_members_are_inactive_after_up_to_ten_years(months: int, allowed: bool) -> None:
    expected = [] if allowed else [("policy.systems[0].inactive_months", "OUT_OF_RANGE")]
    assert broken(with_spa(inactive_months=months)) == expected


@pytest.mark.parametrize(("days", "allowed"), [(-1, False), (0, False), (1, True), (365, True), (366, False)])
def test_an_invitation_is_open_for_up_to_a_year(days: int, allowed: bool) -> None:
    expected = [] if allowed else [("policy.invitation_days", "OUT_OF_RANGE")]
    assert broken(replace(POLICY, invitation_days=days)) == expected


@pytest.mark.parametrize(("years", "allowed"), [(-1, False), (0, True), (5, True), (100, True), (101, False)])
def test_the_highest_level_is_held_for_life_after_up_to_a_hundred_years(years: int, allowed: bool) -> None:
    expected = [] if allowed else [(f"{TOP_PATH}.lifetime_years", "OUT_OF_RANGE")]
    assert broken(with_diamond(lifetime_years=years)) == expected


def test_no_level_below_the_highest_is_held_for_life() -> None:
    assert broken(with_sapphire(lifetime_years=5)) == [
        (f"{SAPPHIRE_PATH}.lifetime_years", "LIFETIME_ONLY_AT_THE_TOP")
    ]


def test_a_level_without_thresholds_is_entered_by_invitation_or_not_allowed() -> None:
    assert broken(with_diamond()) == []
    assert broken(with_diamond(by_invitation=False)) == [(f"{TOP_PATH}.entry", "ADVANCEMENT_REQUIRED")]


def test_levels_by_invitation_only_stand_above_all_others() -> None:
    black = replace(DIAMOND, code="black")
    assert broken(with_spa(levels=(CRYSTAL, SAPPHIRE, DIAMOND, black))) == []
    assert broken(with_spa(levels=(CRYSTAL, DIAMOND, SAPPHIRE))) == [
        (f"{SAPPHIRE_PATH}.by_invitation", "INVITATION_ONLY_MUST_BE_ON_TOP")
    ]


def test_a_level_with_thresholds_may_be_offered_by_invitation_wherever_it_stands() -> None:
    assert broken(with_sapphire(by_invitation=True)) == []


def test_what_one_is_only_invited_to_may_ask_for_something_to_be_kept() -> None:
    assert broken(with_diamond(keep=Thresholds(visits=1))) == []


def test_touchpoints_fall_in_the_months_of_grace() -> None:
    late = [(f"{SAPPHIRE_PATH}.touchpoints[1].month", "TOUCHPOINT_MUST_FALL_IN_GRACE")]
    assert broken(touched(1, 2, 3)) == []
    assert broken(touched(1, 4)) == late
    assert broken(touched(1, 0)) == late
    assert broken(touched(1, 1)) == late


def test_touchpoints_without_any_grace_are_told_once() -> None:
    assert broken(touched(1, 2, grace_months=0)) == [
        (f"{SAPPHIRE_PATH}.grace_months", "TOUCHPOINT_MUST_FALL_IN_GRACE")
    ]


def test_a_touchpoint_has_a_code_and_a_text() -> None:
    nothing_said = with_sapphire(touchpoints=(Touchpoint(1, "", ""),))
    path = f"{SAPPHIRE_PATH}.touchpoints[0]"
    assert broken(nothing_said) == [(f"{path}.code", "REQUIRED"), (f"{path}.text", "REQUIRED")]
