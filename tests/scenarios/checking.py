"""What a scenario expects, held against what was answered; what it leaves None is not looked at."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.scenarios.story import Buys, Receipt, Record, Returns, Scenario, Stands


def check_receipt(scenario: Scenario, buys: Buys, receipt: Receipt) -> None:
    """The receipt of a purchase."""
    _agree(
        (scenario.title, buys),
        (buys.earns, receipt.points),
        (buys.level, receipt.level_after),
        (buys.why, receipt.reason),
        (buys.bonus, receipt.bonus),
        (buys.friend_bonus, receipt.friend_bonus),
        (buys.again is not None, receipt.replayed),
    )


def check_return(scenario: Scenario, returns: Returns, receipt: Receipt) -> None:
    """The receipt of a refund."""
    _agree(
        (scenario.title, returns),
        (returns.takes, receipt.points),
        (returns.level, receipt.level_after),
        (returns.why, receipt.reason),
        (returns.friend_bonus, receipt.friend_bonus),
    )


def check_record(scenario: Scenario, stands: Stands, record: Record) -> None:
    """A member's record; grace, lifetime and inactivity are always looked at."""
    always_looked_at = (record.level, record.in_grace_until, record.for_life_since, record.inactive_since)
    said_always = (stands.level, stands.in_grace_until, stands.for_life_since, stands.inactive_since)
    assert always_looked_at == said_always, (scenario.title, stands)
    _agree(
        (scenario.title, stands, record),
        (stands.since, record.since),
        (stands.next_review, record.next_review),
        (None if stands.spend is None else minor(stands.spend), record.spend_minor),
        (stands.treatments, record.treatments),
        (stands.points, record.points),
        (stands.locked_until, record.locked_until),
        (stands.system, record.system),
    )


def minor(amount: str) -> int:
    """An amount as money is counted; "" is nothing."""
    return int(Decimal(amount or "0") * 100)


def _agree(about: object, *pairs: Iterable[Any]) -> None:
    said, told = zip(*pairs, strict=True)
    expected = tuple(actual if each is None else each for each, actual in zip(said, told, strict=True))
    assert told == expected, about
