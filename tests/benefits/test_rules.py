"""The rules of Benefits without a database."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.benefits.columns import Allowances, EarlierUses, Holders, Moves, Uses, texts
from services.benefits.policy import AllowanceRules, Revision, compiled, ladders_owed, period_of
from services.benefits.policy_document import AllowanceRule, BenefitsPolicy, Period
from services.benefits.refusals import Reason
from services.benefits.rules.moves import decide_stays
from services.benefits.rules.opening import decide_openings
from services.benefits.rules.uses import decide_uses
from services.kernel.calendar import day_date, day_number
from services.kernel.columns import stacked, taken
from services.kernel.program import Program

SPA = Program("SPA", "Spa", "MYR", "Asia/Kuala_Lumpur", "POINTS")
ANCHOR = date(2026, 1, 5)
FACIAL = AllowanceRule("facial", "Facial", "spa", "platinum", 1, Period.MONTHLY, 15_000)
TREATMENT = AllowanceRule(
    "treatment", "Treatment", "spa", "diamond", 2, Period.EVERY_14_DAYS, 30_000, ANCHOR, combinable=True
)
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


def rules_of(*rules: AllowanceRule) -> AllowanceRules:
    return compiled([Revision(1, -700_000, "", SPA, BenefitsPolicy(rules))]).rules


def days(*values: date):
    return np.array([day_number(value) for value in values], dtype=np.int32)


def holders(*rows: tuple[str, str, date]) -> Holders:
    """Members with their levels and since when."""
    members, levels, since = zip(*rows, strict=True)
    count = len(rows)
    return Holders(
        shard=np.zeros(count, dtype=np.int16),
        member_id=texts(members),
        tier_system=texts(["spa"] * count),
        level=texts(levels),
        since=days(*since),
        version=np.ones(count, dtype=np.int64),
    )


def allowances(
    member: str = "amy", rule: AllowanceRule = TREATMENT, on: date = ANCHOR, used: int = 0
) -> Allowances:
    """The allowance that a member of the rule's level has around a day."""
    holder = holders((member, rule.level, on))
    opened = decide_openings(holder, days(on), nothing(), rules_of(rule)).as_allowances()
    opened.used[:] = used
    return opened


def nothing() -> Allowances:
    """No allowances at all."""
    texts_, numbers, wide = texts([]), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    flags = np.zeros(0, dtype=np.bool_)
    return Allowances(
        np.zeros(0, dtype=np.int16), texts_, texts_, texts_, numbers, numbers, numbers, numbers, wide, flags,
        numbers, numbers, numbers,
    )  # fmt: skip


def uses(*rows: tuple[str, int, int], code: str = "treatment", on: date = ANCHOR) -> Uses:
    """Uses of one code on one day: member, quantity, value."""
    members, quantities, values = zip(*rows, strict=True)
    count = len(rows)
    return Uses(
        transaction_id=texts([f"T{number}" for number in range(count)]),
        payload_hash=texts([b""] * count),
        shard=np.zeros(count, dtype=np.int16),
        member_id=texts(members),
        code=texts([code] * count),
        used_on=days(*[on] * count),
        quantity=np.array(quantities, dtype=np.int32),
        value_minor=np.array(values, dtype=np.int64),
    )


def decided(asked: Uses, who: Holders, candidates: Allowances, today: date = ANCHOR):
    nobody = EarlierUses(texts([]), texts([]), np.zeros(0, dtype=np.int32))
    refused = np.zeros(len(asked), dtype=np.int16)
    rules = rules_of(FACIAL, TREATMENT)
    return decide_uses(asked, refused, nobody, who, candidates, rules, day_number(today))


def around(rule: AllowanceRule, day: date) -> tuple[date, date]:
    start, end = period_of(rules_of(rule), days(day))
    return day_date(start[0]), day_date(end[0])


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 2, 1), date(2026, 2, 1), date(2026, 3, 1)),
        (date(2024, 2, 29), date(2024, 2, 1), date(2024, 3, 1)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (date(1969, 12, 31), date(1969, 12, 1), date(1970, 1, 1)),
    ],
)
def test_a_monthly_period_is_the_calendar_month(day, start, end):
    assert around(FACIAL, day) == (start, end)


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (ANCHOR, ANCHOR, date(2026, 1, 19)),
        (date(2026, 1, 18), ANCHOR, date(2026, 1, 19)),
        (date(2026, 1, 19), date(2026, 1, 19), date(2026, 2, 2)),
        (date(2026, 1, 4), date(2025, 12, 22), ANCHOR),
        (date(2025, 12, 21), date(2025, 12, 8), date(2025, 12, 22)),
    ],
)
def test_a_fortnight_is_counted_from_the_anchor_in_both_directions(day, start, end):
    assert around(TREATMENT, day) == (start, end)


@given(DAYS, st.sampled_from([FACIAL, TREATMENT]))
def test_every_day_lies_in_exactly_one_period(day, rule):
    start, end = around(rule, day)
    assert start <= day < end
    assert around(rule, start) == around(rule, day_date(day_number(end) - 1)) == (start, end)
    assert around(rule, end)[0] == end


def test_an_opening_is_of_the_period_around_the_day_and_dated_when_the_level_was_entered():
    entered = date(2026, 1, 12)
    one = decide_openings(
        holders(("amy", "diamond", entered)), days(date(2026, 1, 15)), nothing(), rules_of(TREATMENT)
    )
    assert (one.period_start, one.period_end, one.opened_on) == (
        days(ANCHOR),
        days(date(2026, 1, 19)),
        days(entered),
    )
    later = decide_openings(
        holders(("amy", "diamond", entered)), days(date(2026, 1, 20)), nothing(), rules_of(TREATMENT)
    )
    assert later.opened_on == later.period_start == days(date(2026, 1, 19))


def test_a_period_that_ends_on_the_day_of_entering_is_not_owed():
    first = date(2026, 1, 19)
    amy = holders(("amy", "diamond", first))
    assert len(decide_openings(amy, days(date(2026, 1, 18)), nothing(), rules_of(TREATMENT))) == 0
    assert len(decide_openings(amy, days(first), nothing(), rules_of(TREATMENT))) == 1


def test_each_holder_is_owed_what_the_own_level_has():
    who = holders(("amy", "platinum", ANCHOR), ("ben", "diamond", ANCHOR), ("cid", "crystal", ANCHOR))
    owed = decide_openings(who, days(ANCHOR, ANCHOR, ANCHOR), nothing(), rules_of(FACIAL, TREATMENT))
    assert list(zip(owed.member_id, owed.code, strict=True)) == [("amy", "facial"), ("ben", "treatment")]


def test_a_level_of_the_same_name_in_another_tier_system_is_owed_nothing():
    other = AllowanceRule("facial", "Facial", "other", "platinum", 1, Period.MONTHLY)
    amy = holders(("amy", "platinum", ANCHOR))
    assert len(decide_openings(amy, days(ANCHOR), nothing(), rules_of(other))) == 0


def test_the_terms_are_those_in_force_on_the_day():
    first, second = (
        [AllowanceRule("facial", "F", "spa", "platinum", count, Period.MONTHLY)] for count in (1, 2)
    )
    change = date(2026, 2, 1)
    rules = compiled(
        [
            Revision(1, -700_000, "", SPA, BenefitsPolicy(tuple(first))),
            Revision(2, day_number(change), "", SPA, BenefitsPolicy(tuple(second))),
        ]
    ).rules
    amy = holders(("amy", "platinum", ANCHOR))
    before = decide_openings(amy, days(date(2026, 1, 31)), nothing(), rules)
    after = decide_openings(amy, days(change), nothing(), rules)
    assert [(*each.granted, *each.revision) for each in (before, after)] == [(1, 1), (2, 2)]
    assert ladders_owed(rules, day_number(change)) == [("spa", "platinum")]


def test_of_two_revisions_of_one_day_only_the_newer_holds():
    day = day_number(ANCHOR)
    rules = compiled(
        [
            Revision(1, day, "", SPA, BenefitsPolicy((FACIAL,))),
            Revision(2, day, "", SPA, BenefitsPolicy((TREATMENT,))),
        ]
    ).rules
    assert ladders_owed(rules, day) == [("spa", "diamond")]


def test_uses_of_one_allowance_are_taken_in_their_order():
    amy = holders(("amy", "diamond", ANCHOR))
    asked = uses(("amy", 1, 30_001), ("amy", 1, 30_000), ("amy", 2, 0), ("amy", 1, 0), ("amy", 1, 0))
    answer = decided(asked, amy, allowances())
    assert [Reason(reason).name for reason in answer.reason] == [
        "VALUE_ABOVE_LIMIT",
        "UNSPECIFIED",
        "ALLOWANCE_EXHAUSTED",
        "UNSPECIFIED",
        "ALLOWANCE_EXHAUSTED",
    ]
    assert answer.remaining.tolist() == [2, 1, 1, 0, 0]


def test_uses_of_several_members_do_not_touch_each_other():
    who = holders(("amy", "diamond", ANCHOR), ("ben", "diamond", ANCHOR))
    candidates = stacked([allowances("amy"), allowances("ben", used=1)])
    answer = decided(uses(("ben", 1, 0), ("amy", 2, 60_000), ("ben", 1, 0)), who, candidates)
    assert answer.reason.tolist() == [0, 0, Reason.ALLOWANCE_EXHAUSTED]


def test_combined_uses_may_be_worth_their_joint_limit_and_not_one_sen_more():
    amy = holders(("amy", "diamond", ANCHOR))
    for value, reason in ((60_000, 0), (60_001, Reason.VALUE_ABOVE_LIMIT)):
        assert decided(uses(("amy", 2, value)), amy, allowances()).reason.tolist() == [reason]


def test_without_a_limit_any_value_is_granted():
    unlimited = AllowanceRule("treatment", "T", "spa", "diamond", 2, Period.MONTHLY)
    amy = holders(("amy", "diamond", ANCHOR))
    assert decided(uses(("amy", 1, 2**62)), amy, allowances(rule=unlimited)).reason.tolist() == [0]


def test_a_use_may_be_dated_back_until_its_period_is_over():
    amy = holders(("amy", "diamond", ANCHOR))
    for today, reason in ((date(2026, 1, 18), 0), (date(2026, 1, 19), Reason.PERIOD_NOT_OPEN)):
        assert decided(uses(("amy", 1, 0)), amy, allowances(), today).reason.tolist() == [reason]


def test_moves_become_stays_in_rounds_of_one_for_each_member():
    moves = Moves(
        shard=np.zeros(5, dtype=np.int16),
        member_id=texts(["amy", "ben", "amy", "amy", "ben"]),
        effective_on=days(*[ANCHOR] * 5),
        tier_system=texts(["spa"] * 5),
        from_level=texts(["", "", "crystal", "diamond", "crystal"]),
        to_level=texts(["crystal", "crystal", "diamond", "diamond", "platinum"]),
        enrolled=np.array([True, True, False, False, False]),
        erased=np.zeros(5, dtype=np.bool_),
        sequence=np.arange(1, 6, dtype=np.int64),
    )
    rounds = [dict(zip(stays.member_id, stays.level, strict=True)) for stays in decide_stays(moves)]
    assert rounds == [{"amy": "crystal", "ben": "crystal"}, {"amy": "diamond", "ben": "platinum"}]
    assert decide_stays(taken(moves, moves.from_level == moves.to_level)) == []


def test_moves_told_out_of_order_become_stays_in_the_order_of_deciding():
    moves = Moves(
        shard=np.zeros(3, dtype=np.int16),
        member_id=texts(["amy"] * 3),
        effective_on=days(*[ANCHOR] * 3),
        tier_system=texts(["spa"] * 3),
        from_level=texts(["sapphire", "", "crystal"]),
        to_level=texts(["platinum", "crystal", "sapphire"]),
        enrolled=np.array([False, True, False]),
        erased=np.zeros(3, dtype=np.bool_),
        sequence=np.array([19, 17, 18], dtype=np.int64),
    )
    assert [stays.level.tolist() for stays in decide_stays(moves)] == [
        ["crystal"],
        ["sapphire"],
        ["platinum"],
    ]
