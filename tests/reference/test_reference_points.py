"""The reference ledger against examples worked out by hand from the seeds."""

from datetime import UTC, date, datetime

from tests.reference.points import Amounts, ReferencePoints
from tests.reference.programs import engage, luxespa
from tests.reference.tier import ReferenceTier

NOON = datetime(2024, 3, 10, 4, tzinfo=UTC)


def engage_points() -> ReferencePoints:
    program = engage()
    tier = ReferenceTier(program)
    tier.enroll("M1", date(2024, 1, 1))
    return ReferencePoints(program, tier)


def spa_points() -> ReferencePoints:
    program = luxespa()
    return ReferencePoints(program, ReferenceTier(program))


def test_fifteen_points_at_one_and_a_half_are_twenty_two() -> None:
    ledger = engage_points()
    receipt = ledger.record_purchase("T1", "M1", NOON, Amounts(service=1_500))
    assert not isinstance(receipt, str)
    assert receipt["points"] == 22


def test_bronze_one_and_a_half_times_app_two_is_three() -> None:
    ledger = engage_points()
    receipt = ledger.record_purchase("T1", "M1", NOON, Amounts(service=100), property_id="app")
    assert not isinstance(receipt, str)
    assert (receipt["points"], receipt["level_multiplier_bp"], receipt["property_multiplier_bp"]) == (
        3,
        15_000,
        20_000,
    )


def test_points_round_once_after_all_multipliers_and_over_all_kinds() -> None:
    ledger = engage_points()
    receipt = ledger.record_purchase("T1", "M1", NOON, Amounts(service=50, addon=50, product=34))
    assert not isinstance(receipt, str)
    assert (receipt["base_micropoints"], receipt["points"]) == (1_340_000, 2)


def test_products_earn_and_do_not_qualify_at_the_spa() -> None:
    ledger = spa_points()
    ledger.record_purchase("T1", "M1", NOON, Amounts(service=299_999, product=100_000))
    assert ledger.balance("M1") == 3_999
    assert ledger.tier.members["M1"].level == "crystal"


def test_the_day_of_a_purchase_is_the_one_in_the_programs_time_zone() -> None:
    ledger = spa_points()
    ledger.record_purchase("T1", "M1", datetime(2024, 3, 10, 16, tzinfo=UTC), Amounts(service=100))
    assert [entry.occurred_on for entry in ledger.entries("M1")] == [date(2024, 3, 11)]


def test_a_repeated_purchase_posts_once_and_another_payload_is_refused() -> None:
    ledger = spa_points()
    first = ledger.record_purchase("T1", "M1", NOON, Amounts(service=1_000))
    assert not isinstance(first, str)
    assert ledger.record_purchase("T1", "M1", NOON, Amounts(service=1_000), currency="MYR") == {
        **first,
        "replayed": True,
    }
    assert ledger.record_purchase("T1", "M1", NOON, Amounts(service=1_001)) == "TRANSACTION_ID_REUSED"
    assert (ledger.balance("M1"), len(ledger.entries("M1"))) == (10, 1)


def test_refusals_come_in_the_order_of_their_enum_and_change_nothing() -> None:
    ledger = engage_points()
    tomorrow, before = datetime(2024, 3, 10, 16, tzinfo=UTC), datetime(2023, 12, 31, 4, tzinfo=UTC)
    refusals = [
        ledger.record_purchase("", "a b", NOON, Amounts(), currency="USD"),
        ledger.record_purchase("T1", "a b", NOON, Amounts(), currency="USD"),
        ledger.record_purchase("T1", "M2", None, Amounts(), currency="USD"),
        ledger.record_purchase("T1", "M2", None, Amounts(service=2, addon=-1)),
        ledger.record_purchase("T1", "M2", None, Amounts(), treatments=-1),
        ledger.record_purchase("T1", "M2", None, Amounts(service=10**12, addon=1)),
        ledger.record_purchase("T1", "M2", None, Amounts(service=1), treatments=1001),
        ledger.record_purchase("T1", "M2", None, Amounts(service=1), property_id="kiosk"),
        ledger.record_purchase("T1", "M2", tomorrow, Amounts(service=1), now=NOON),
        ledger.record_purchase("T1", "M2", NOON, Amounts(service=1), property_id="kiosk", now=NOON),
        ledger.record_purchase("T1", "M1", before, Amounts(service=1), property_id="kiosk"),
        ledger.record_purchase("T1", "M1", before, Amounts(service=1)),
    ]
    assert refusals == [
        "TRANSACTION_ID_MUST_BE_PRINTABLE",
        "MEMBER_ID_MUST_BE_PRINTABLE",
        "CURRENCY_MUST_BE_THE_PROGRAMS",
        "AMOUNT_MUST_NOT_BE_NEGATIVE",
        "AMOUNT_MUST_BE_POSITIVE",
        "AMOUNT_ABOVE_LIMIT",
        "TREATMENTS_OUT_OF_RANGE",
        "OCCURRED_AT_REQUIRED",
        "OCCURRED_AT_MUST_NOT_BE_IN_FUTURE",
        "MEMBER_UNKNOWN",
        "PROPERTY_UNKNOWN",
        "OCCURRED_BEFORE_ENROLMENT",
    ]
    assert ledger.ledger == []
