"""What `carat member show` says of members in all conditions."""

from io import StringIO
from typing import Any

import pytest
from google.type.date_pb2 import Date
from rich.console import Console

from carat.benefits.v1.allowance_pb2 import Allowance
from carat.points.v1.entry_pb2 import ENTRY_KIND_ADJUSTMENT, ENTRY_KIND_PURCHASE, Entry
from carat.points.v1.points_service_pb2 import GetBalanceResponse
from carat.points.v1.purchase_pb2 import Receipt
from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.move_pb2 import MOVE_REASON_GRACE_ENTERED, MOVE_REASON_REVIEW_FAILED, Move, MoveReason
from carat.tier.v1.policy_pb2 import Level, Thresholds, TierPolicy, TierSystem
from carat.tier.v1.program_pb2 import Program
from carat.tier.v1.standing_pb2 import Activity, Grace, Standing
from carat.tier.v1.tier_service_pb2 import GetPolicyResponse
from services.cli.member_view import Portrait, show_portrait
from services.cli.wording import REASONS

SPA = GetPolicyResponse(
    program=Program(currency="MYR", points_currency="LUXE-POINTS"),
    policy=TierPolicy(
        systems=[
            TierSystem(
                external_id="spa",
                levels=[
                    Level(code="c", name="Crystal"),
                    Level(code="s", name="Sapphire"),
                    Level(code="p", name="Platinum"),
                ],
            )
        ]
    ),
)


def day(text: str) -> Date:
    year, month, of_month = map(int, text.split("-"))
    return Date(year=year, month=month, day=of_month)


def standing(**changed: Any) -> Standing:
    """A Sapphire member a little short of everything."""
    usual: dict[str, Any] = {
        "member": Member(member_id="M1", enrolled_on=day("2025-01-01")),
        "as_of": day("2026-03-01"),
        "tier_system": "spa",
        "level": "s",
        "rank": 1,
        "level_since": day("2025-02-01"),
        "multiplier_bp": 12_500,
        "counted": Activity(spend_minor=299_999, visits=14),
        "counted_from": day("2025-03-02"),
        "keep": Thresholds(spend_minor=300_000, visits=15),
        "next_level": "p",
        "next_entry": Thresholds(spend_minor=1_000_000, visits=14),
        "next_review": day("2027-02-01"),
    }
    return Standing(**usual | changed)


def said(**parts: Any) -> str:
    usual: dict[str, Any] = {
        "policy": SPA,
        "standing": standing(),
        "balance": GetBalanceResponse(balance=1_234, lifetime_earned=5_678),
        "entries": [],
        "allowances": [],
    }
    console = Console(width=160, record=True, file=StringIO())
    show_portrait(Portrait(**usual | parts), console)
    return " ".join(console.export_text().split())


def test_what_is_missing_is_told_to_the_last_sen():
    shown = said()
    assert "Sapphire of spa, since 2025-02-01" in shown
    assert "To keep Sapphire MYR 3,000.00 (MYR 0.01 missing) or 15 visits (1 missing)" in shown
    assert "To reach Platinum MYR 10,000.00 (MYR 7,000.01 missing) or 14 visits (reached)" in shown
    assert "MYR 2,999.99, 14 visits, from 2025-03-02 on" in shown


def test_grace_is_told_with_its_last_day():
    grace = Grace(until=day("2026-05-01"))
    getattr(grace, "from").CopyFrom(day("2026-02-01"))
    assert "Grace since 2026-02-01; over on 2026-05-01 unless" in said(standing=standing(grace=grace))
    assert "Grace" not in said()


def test_purchases_still_to_be_posted_are_told():
    balance = GetBalanceResponse(balance=10, pending_purchases=1)
    assert "10 LUXE-POINTS (and 1 purchase still to be posted)" in said(balance=balance)
    assert "Balance not opened yet" in said(balance=None)


def test_a_move_is_told_with_why_what_was_counted_and_who_caused_it():
    move = Move(
        effective_on=day("2026-02-01"),
        from_level="s",
        to_level="s",
        reason=MOVE_REASON_GRACE_ENTERED,
        counted_visits=14,
        grace_until=day("2026-05-01"),
        run_id="review-1",
        revision=3,
    )
    expected = "2026-02-01 Sapphire failed a review, grace began (until 2026-05-01); had 14 visits review-1 3"
    assert expected in said(standing=standing(latest_moves=[move]))


def test_a_standing_that_reviews_still_to_be_recorded_have_changed_says_so():
    moves = [Move(from_level="p", to_level="p", reason=MOVE_REASON_REVIEW_FAILED)]
    assert "the next tier-review run will record" in said(standing=standing(latest_moves=moves))
    moves[0].to_level = "s"
    assert "the next tier-review run will record" not in said(standing=standing(latest_moves=moves))


def test_a_member_without_a_tier_system_is_shown():
    assert "none: the member is in no tier system" in said(standing=standing(tier_system="", level=""))


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ({"merged_into": "M2"}, "Level none: the record was merged into M2 Member since"),
        ({"erased_on": day("2026-02-03")}, "Level none: personal data was erased on 2026-02-03 Member since"),
    ],
)
def test_who_left_the_ladder_is_told_why_and_nothing_counts(left: dict[str, Any], expected: str):
    move = Move(effective_on=day("2026-02-03"), from_level="c", tier_system="spa")
    gone = standing(
        tier_system="", level="", keep=None, member=Member(member_id="M1", **left), latest_moves=[move]
    )
    shown = said(standing=gone)
    assert expected in shown
    assert "Counts now" not in shown
    assert "2026-02-03 Crystal to none" in shown


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ({"lifetime_since": day("2026-01-31")}, "Held for life since 2026-01-31"),
        ({"locked_until": day("2027-01-31")}, "Locked until 2027-01-31"),
        ({"inactive_since": day("2026-01-31")}, "Inactive since 2026-01-31, until the next purchase"),
    ],
)
def test_the_marks_of_a_standing_are_told(mark: dict[str, Any], expected: str):
    assert expected in said(standing=standing(**mark))
    assert expected.split(" since")[0].split(" until")[0] not in said()


def test_every_reason_of_a_move_has_its_words():
    names = {name.removeprefix("MOVE_REASON_") for name, _ in MoveReason.items()} - {"UNSPECIFIED"}
    assert names - REASONS.keys() == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Facial 2026-03-01 2026-04-01 1 of 3 2 any value"),
        ({"value_limit_minor": 30_000, "combinable": True}, "1 of 3 2 MYR 300.00 combinable"),
        ({"closed": True}, "1 of 3 0 any value closed: the level was left"),
    ],
)
def test_an_allowance_is_told_with_what_is_left(changes: dict[str, Any], expected: str):
    allowance = Allowance(
        code="facial",
        name="Facial",
        period_start=day("2026-03-01"),
        period_end=day("2026-04-01"),
        granted=3,
        used=1,
        **changes,
    )
    assert expected in said(allowances=[allowance])


def test_a_purchase_tells_how_every_point_came_about():
    receipt = Receipt(
        level="s",
        base_micropoints=200_000_000,
        package_micropoints=50_000_000,
        package_bonus_bp=1_000,
        level_multiplier_bp=12_500,
        birthday_multiplier_bp=20_000,
        property_multiplier_bp=15_000,
        treatment_bonus=1_100,
    )
    entry = Entry(kind=ENTRY_KIND_PURCHASE, points=1_868, occurred_on=day("2026-02-01"), receipt=receipt)
    assert "200 +10% on packages ×1.25 Sapphire ×2 birthday ×1.5 property +1,100 for treatments" in said(
        entries=[entry]
    )


def test_a_plain_purchase_tells_only_what_it_had():
    receipt = Receipt(
        level="s",
        base_micropoints=200_000_000,
        level_multiplier_bp=12_500,
        birthday_multiplier_bp=10_000,
        property_multiplier_bp=10_000,
    )
    entry = Entry(kind=ENTRY_KIND_PURCHASE, points=250, occurred_on=day("2026-02-01"), receipt=receipt)
    [line] = [line for line in said(entries=[entry]).splitlines() if "+250" in line]
    assert line.strip().endswith("200 ×1.25 Sapphire")


def test_an_entry_without_a_purchase_tells_what_it_follows_and_why():
    entry = Entry(kind=ENTRY_KIND_ADJUSTMENT, points=-5, occurred_on=day("2026-02-01"), note="by mistake")
    shown = said(entries=[entry])
    assert "by mistake" in shown
    assert "×0" not in shown


def test_markup_in_names_is_shown_as_it_is():
    assert "Member [bold]M1" in said(standing=standing(member=Member(member_id="[bold]M1")))
