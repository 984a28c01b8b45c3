"""What of points is to be seen in a scenario: balances, the household's pool, the ledger."""

from typing import Any

from carat.points.v1 import entry_pb2, pool_pb2
from carat.points.v1 import points_service_pb2 as points
from services.runtime.program_messages import day_from_proto
from tests.scenarios.acting import person
from tests.scenarios.checking import minor
from tests.scenarios.points_words import HasPoints, HouseholdHas, LedgerShows, PointsLook
from tests.scenarios.purse import Purse


def said_and_seen(purse: Purse, event: PointsLook) -> tuple[Any, Any]:
    """What the event says that is to be seen, and what is; of what it leaves None it says what is seen."""
    if isinstance(event, HasPoints):
        return _balance(purse, event)
    if isinstance(event, HouseholdHas):
        request = pool_pb2.GetPoolRequest(pool_id=purse.household)
        return event.balance, purse.runner.ask_points("GetPool", request).pool.balance
    return event.entries, _ledger(purse, event)


def _balance(purse: Purse, event: HasPoints) -> tuple[Any, Any]:
    request = points.GetBalanceRequest(member_id=person(purse.member_id, event.who))
    answer = purse.runner.ask_points("GetBalance", request)
    next_on = day_from_proto(answer.next_expiry_on) if answer.HasField("next_expiry_on") else None
    seen = (
        answer.balance,
        answer.available,
        answer.held,
        answer.maturing,
        (next_on, answer.next_expiry_points),
        answer.available_value_minor,
    )
    worth = None if event.worth is None else minor(event.worth)
    said = (event.balance, event.available, event.held, event.maturing, event.next_expiry, worth)
    return tuple(actual if each is None else each for each, actual in zip(said, seen, strict=True)), seen


def _ledger(purse: Purse, event: LedgerShows) -> tuple[tuple[str, int], ...]:
    request = points.ListEntriesRequest(member_id=person(purse.member_id, event.who), page_size=1_000)
    entries = purse.runner.ask_points("ListEntries", request).entries
    kinds = entry_pb2.EntryKind
    return tuple(
        (kinds.Name(entry.kind).removeprefix("ENTRY_KIND_"), entry.points) for entry in reversed(entries)
    )
