"""Packages earn a bonus by level, and take it along when they are refunded (DECISIONS, Meanings 2 and 14)."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tier.refusals import Reason
from tests.tier.celebrating_spa import BORN, TODAY, spa_with
from tests.tier.refunds import Refund, refund, reverse, standing
from tests.tier.world import Item, TierWorld, purchase, reason_name

BOUGHT = date(2025, 3, 1)
LATER = date(2025, 5, 1)
MILLION = 10**6


def package(transaction_id: str = "T1", on: date = BOUGHT, base: int = 200, part: int = 100) -> Item:
    """A purchase by M1 whose points come in part from packages."""
    return purchase(transaction_id, "M1", on, base_points=base, package_micropoints=part * MILLION)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 is Platinum."""
    return spa_with(tier_world, ("M1", "platinum", BORN))


def refusals(world: TierWorld, *refunds: Refund) -> list[str]:
    return [reason_name(result.reason) for result in reverse(world, *refunds)]


@pytest.mark.parametrize(
    ("level", "points", "bonus_bp"),
    [("crystal", 200, 0), ("sapphire", 250, 0), ("platinum", 315, 1_000), ("diamond", 440, 2_000)],
)
def test_packages_earn_a_tenth_more_at_platinum_and_a_fifth_more_at_diamond(
    tier_world: TierWorld, level: str, points: int, bonus_bp: int
) -> None:
    world = spa_with(tier_world, ("M1", level, BORN))
    [result] = world.record(package())
    assert (result.points, result.package_bonus_bp) == (points, bonus_bp)


def test_the_package_bonus_is_multiplied_by_the_birthday_month_too(spa: TierWorld) -> None:
    [result] = spa.record(package(on=date(2025, 2, 1)))
    assert result.points == 210 * 5


@pytest.mark.parametrize(
    ("reason", "base", "part"),
    [
        (Reason.AMOUNT_MUST_NOT_BE_NEGATIVE, 200, -1),
        (Reason.AMOUNT_ABOVE_LIMIT, 200, 201),
        (Reason.AMOUNT_ABOVE_LIMIT, 10**12 + 1, 10**12 + 1),
    ],
)
def test_packages_are_a_part_of_what_was_bought(spa: TierWorld, reason: Reason, base: int, part: int) -> None:
    before = spa.snapshot()
    [result] = spa.record(package(base=base, part=part))
    assert reason_name(result.reason) == reason.name
    assert spa.snapshot() == before


def test_the_same_purchase_with_other_packages_is_another(spa: TierWorld) -> None:
    [first] = spa.record(package())
    before = spa.snapshot()
    [again] = spa.record(package())
    [other] = spa.record(package(part=99))
    assert (first.points, again.points, again.package_bonus_bp, again.replayed) == (315, 315, 1_000, True)
    assert reason_name(other.reason) == Reason.TRANSACTION_ID_REUSED.name
    assert spa.snapshot() == before


def test_a_refunded_package_takes_its_bonus_along(spa: TierWorld) -> None:
    spa.record(package())
    hundred = 100 * MILLION
    results = reverse(
        spa,
        refund("T1", LATER, reversal_id="R1", base_micropoints=hundred, package_micropoints=hundred),
        refund("T1", LATER, reversal_id="R2", base_micropoints=hundred),
    )
    assert [result.points for result in results] == [165, 150]
    assert standing(spa, LATER).counted.points == 0
    assert spa.broken_promises() == []


def test_what_takes_the_rest_takes_the_rest_of_the_packages_too(spa: TierWorld) -> None:
    spa.record(package())
    part = refund("T1", LATER, reversal_id="R1", base_micropoints=MILLION, package_micropoints=MILLION)
    results = reverse(spa, part, refund("T1", LATER, reversal_id="R2"))
    assert [result.points for result in results] == [1, 314]
    more = refund("T1", LATER, reversal_id="R3", base_micropoints=MILLION, package_micropoints=MILLION)
    assert refusals(spa, more) == ["REVERSAL_ABOVE_ORIGINAL"]
    assert spa.broken_promises() == []


@pytest.mark.parametrize(
    ("reason", "base", "part"),
    [
        (Reason.AMOUNT_MUST_NOT_BE_NEGATIVE, 1, -1),
        (Reason.AMOUNT_ABOVE_LIMIT, 1, 2),
        (Reason.REVERSAL_ABOVE_ORIGINAL, 101, 101),
        (Reason.REVERSAL_ABOVE_ORIGINAL, 101, 0),
    ],
)
def test_of_either_kind_no_more_is_taken_back_than_was_bought(
    spa: TierWorld, reason: Reason, base: int, part: int
) -> None:
    spa.record(package())
    before = spa.snapshot()
    wrong = refund("T1", LATER, base_micropoints=base * MILLION, package_micropoints=part * MILLION)
    assert refusals(spa, wrong) == [reason.name]
    assert spa.snapshot() == before


def test_a_refund_told_again_with_other_packages_is_another(spa: TierWorld) -> None:
    spa.record(package())
    told = [
        refund("T1", LATER, reversal_id="R1", base_micropoints=MILLION, package_micropoints=part)
        for part in (0, 1)
    ]
    assert refusals(spa, told[0]) == [""]
    before = spa.snapshot()
    assert refusals(spa, told[1]) == ["TRANSACTION_ID_REUSED"]
    assert refusals(spa, told[0]) == [""]
    assert spa.snapshot() == before


def test_a_part_of_a_credit_note_bears_the_ids_of_note_and_purchase(spa: TierWorld) -> None:
    spa.record(package("T1"), package("T2"))
    whole = [refund(name, LATER, reversal_id=f"CN-1 {name}") for name in ("T1", "T2")]
    assert [result.points for result in reverse(spa, *whole)] == [315, 315]
    assert [result.replayed for result in reverse(spa, *whole)] == [True, True]


@pytest.mark.parametrize("reversal_id", ["CN  T1", " T1", "CN ", "C N T1", "CN\tT1", f"CN {'x' * 65}", " "])
def test_no_other_id_of_several_words_is_one_of_a_refund(spa: TierWorld, reversal_id: str) -> None:
    spa.record(package("T1"))
    before = spa.snapshot()
    assert refusals(spa, refund("T1", LATER, reversal_id=reversal_id)) == ["TRANSACTION_ID_MUST_BE_PRINTABLE"]
    assert spa.snapshot() == before


def test_shares_of_the_largest_package_are_exact(tier_world: TierWorld) -> None:
    world = spa_with(tier_world, ("M1", "diamond", BORN))
    whole = package(base=10**12, part=10**12)
    [result] = world.record(whole)
    assert result.points == 24 * 10**11
    all_but_one = 10**18 - 1
    results = reverse(
        world,
        refund("T1", LATER, reversal_id="R1", base_micropoints=all_but_one, package_micropoints=all_but_one),
        refund("T1", LATER, reversal_id="R2"),
    )
    assert [result.points for result in results] == [24 * 10**11 - 1, 1]
    assert world.broken_promises() == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=20,
    deadline=None,
)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=6))
def test_parts_take_no_more_and_in_the_end_no_less_than_the_whole_gave(
    tier_world: TierWorld, parts: list[tuple[int, int]]
) -> None:
    tier_world.clear()
    world = spa_with(tier_world, ("M1", "platinum", None))
    [bought] = world.record(package(base=12, part=5))
    taken = 0
    for number, (others, packages) in enumerate(parts):
        base = (others + packages) * MILLION
        [result] = reverse(
            world,
            refund(
                "T1", TODAY, reversal_id=f"R{number}", base_micropoints=base,
                package_micropoints=packages * MILLION, everything=False,
            ),
        )  # fmt: skip
        taken += result.points
        assert result.points >= 0
        assert taken <= bought.points
    [rest] = reverse(world, refund("T1", TODAY, reversal_id="rest"))
    assert taken + rest.points == bought.points
