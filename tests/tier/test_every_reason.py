"""No refusal without a test that expects it."""

import re
from pathlib import Path

from services.tier.refusals import Reason

_BY_OTHER_TESTS = {"UNSPECIFIED"}


def test_every_reason_is_expected_by_a_test_of_the_tier_service() -> None:
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]
    named = {word for text in texts for word in re.findall(r"\b[A-Z][A-Z_]+[A-Z]\b", text)}
    assert {reason.name for reason in Reason} - named - _BY_OTHER_TESTS == set()
