"""When `carat demo` ends as a failure."""

from collections import Counter

import pytest

from services.cli.demo.judgement import judge
from services.cli.demo.sending import GRANTED, PENDING, Sent
from services.cli.failures import CommandFailed
from services.cli.verification import Check, Verification

KEPT = Verification((Check("points", "A balance is the sum of its entries.", 5, 0, ()),), ())
ALL_GRANTED = {"purchases": Sent(Counter({GRANTED: 7, PENDING: 2}), 1.0)}


def test_all_granted_and_every_promise_kept_is_a_success() -> None:
    judge(ALL_GRANTED, KEPT)


def test_a_broken_promise_is_a_failure() -> None:
    broken = Verification((Check("points", "A balance is the sum of its entries.", 5, 1, ("M1",)),), ())
    with pytest.raises(CommandFailed, match="promises are broken"):
        judge(ALL_GRANTED, broken)


def test_what_could_not_be_compared_is_a_failure() -> None:
    with pytest.raises(CommandFailed, match="still moving"):
        judge(ALL_GRANTED, Verification(KEPT.checks, ("Points is still moving",)))


def test_what_was_refused_is_a_failure() -> None:
    refused = {"payments": Sent(Counter({GRANTED: 1, "POINTS_INSUFFICIENT": 3}), 1.0)}
    with pytest.raises(CommandFailed, match="3 enrolments, purchases, refunds or payments were refused"):
        judge(ALL_GRANTED | refused, KEPT)
