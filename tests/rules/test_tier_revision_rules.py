"""Which revision is in force when, and which days another may be applied for."""

import pytest

from services.kernel.calendar import NEVER
from services.tier.rules.revisions import RevisionState, Term, decide_term_violations, segments_of, state_of

FIRST = Term(1, -1_000)
TODAY = 100


def broken(applied: list[Term], since: int, until: int = NEVER) -> list[tuple[str, str]]:
    asked = Term(len(applied) + 1, since, until)
    return [(found.path, found.rule.name) for found in decide_term_violations(applied, asked, TODAY)]


OVERLAP = [("effective_from", "MUST_NOT_OVERLAP")]
ENDS_TOO_LATE = [("effective_until", "MUST_NOT_OVERLAP")]


def test_without_ranges_each_revision_lasts_until_the_next() -> None:
    assert segments_of([FIRST, Term(2, 50), Term(3, 90)]) == [(1, -1_000), (2, 50), (3, 90)]


def test_of_several_revisions_of_one_day_the_newest_holds() -> None:
    assert segments_of([FIRST, Term(2, 50), Term(3, 50)]) == [(1, -1_000), (3, 50)]


def test_where_a_range_ends_the_former_values_return() -> None:
    assert segments_of([FIRST, Term(2, 50), Term(3, 60, 70)]) == [(1, -1_000), (2, 50), (3, 60), (2, 70)]


def test_a_range_that_meets_the_next_revision_leaves_no_day_between() -> None:
    assert segments_of([FIRST, Term(2, 60, 70), Term(3, 70)]) == [(1, -1_000), (2, 60), (3, 70)]
    assert segments_of([FIRST, Term(2, 60, 70), Term(3, 70, 80)]) == [
        (1, -1_000),
        (2, 60),
        (3, 70),
        (1, 80),
    ]


def test_a_range_that_was_applied_into_the_gap_before_a_later_revision_ends_in_it() -> None:
    assert segments_of([FIRST, Term(2, 90), Term(3, 60, 70)]) == [(1, -1_000), (3, 60), (1, 70), (2, 90)]


def test_what_was_cancelled_never_holds() -> None:
    assert segments_of([FIRST, Term(2, 50, cancelled=True), Term(3, 60, 70, cancelled=True)]) == [(1, -1_000)]


@pytest.mark.parametrize(("since", "until"), [(100, NEVER), (100, 101), (150, 9_000)])
def test_a_policy_may_begin_today_or_later(since: int, until: int) -> None:
    assert broken([FIRST, Term(2, 90)], since, until) == []


def test_a_policy_that_would_begin_in_the_past_is_retroactive() -> None:
    assert broken([FIRST], 99) == [("effective_from", "MUST_NOT_BE_RETROACTIVE")]


@pytest.mark.parametrize("until", [100, 99, -5_000])
def test_a_range_ends_after_its_first_day(until: int) -> None:
    assert broken([FIRST], 100, until) == [("effective_until", "RANGE_MUST_END_AFTER_START")]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (110, 120, []),
        (119, 120, []),
        (110, 121, ENDS_TOO_LATE),
        (120, 121, OVERLAP),
        (125, 126, OVERLAP),
        (129, 140, OVERLAP),
        (110, 140, ENDS_TOO_LATE),
        (120, 130, OVERLAP),
        (130, 131, []),
        (120, NEVER, OVERLAP),
        (129, NEVER, OVERLAP),
        (130, NEVER, []),
        (119, NEVER, OVERLAP),
    ],
)
def test_nothing_begins_or_ends_within_a_range_and_nothing_lasting_is_slipped_in_before_it(
    since: int, until: int, expected: list[tuple[str, str]]
) -> None:
    assert broken([FIRST, Term(2, 120, 130)], since, until) == expected
    assert broken([FIRST, Term(2, 120, 130, cancelled=True)], since, until) == []


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (119, NEVER, OVERLAP),
        (120, NEVER, []),
        (110, 120, []),
        (110, 121, ENDS_TOO_LATE),
        (120, 125, []),
        (121, 125, []),
    ],
)
def test_before_a_lasting_revision_there_is_room_for_ranges_alone(
    since: int, until: int, expected: list[tuple[str, str]]
) -> None:
    assert broken([FIRST, Term(2, 120)], since, until) == expected


def test_a_revision_waits_holds_and_is_over() -> None:
    terms = [FIRST, Term(2, 120, 130), Term(3, 140, 150, cancelled=True), Term(4, 160)]

    def states(today: int) -> list[RevisionState]:
        return [state_of(terms, term, today) for term in terms]

    waits, holds, over = RevisionState.PENDING, RevisionState.IN_FORCE, RevisionState.OVER
    assert states(119) == [holds, waits, RevisionState.CANCELLED, waits]
    assert states(125) == [waits, holds, RevisionState.CANCELLED, waits]
    assert states(130) == [holds, over, RevisionState.CANCELLED, waits]
    assert states(160) == [over, over, RevisionState.CANCELLED, holds]
