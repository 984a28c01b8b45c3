"""When a policy may take effect beside those already applied."""

import pytest

from services.runtime.revisions import SINCE_EVER, StoredRevision, is_retroactive

FIRST = StoredRevision(1, SINCE_EVER, "one", "{}", "{}")
PENDING = StoredRevision(2, 200, "two", "{}", "{}")


@pytest.mark.parametrize(
    ("applied", "effective_from", "retroactive"),
    [
        ([], 50, False),
        ([FIRST], None, False),
        ([FIRST], 100, False),
        ([FIRST], 99, True),
        ([FIRST, PENDING], 200, False),
        ([FIRST, PENDING], 199, True),
        ([FIRST, PENDING], None, True),
    ],
)
def test_a_policy_begins_neither_before_today_nor_before_the_one_applied_last(
    applied: list[StoredRevision], effective_from: int | None, retroactive: bool
) -> None:
    assert is_retroactive(applied, effective_from, today=100) == retroactive
