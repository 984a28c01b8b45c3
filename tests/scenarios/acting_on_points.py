"""Acts on points and looks at them, each by the function that knows its word."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from services.runtime.refusal import Refused
from tests.scenarios import acts_of_granting as granting
from tests.scenarios import acts_of_paying as paying
from tests.scenarios import acts_of_sharing as sharing
from tests.scenarios import points_words as words
from tests.scenarios.looking_at_points import said_and_seen
from tests.scenarios.points_words import BeforeBuying, PointsAct, PointsLook
from tests.scenarios.purse import Purse
from tests.scenarios.runner import Runner
from tests.scenarios.story import Purchase, Receipt, Returns

_ACTS: Final[Mapping[type, Callable[[Purse, Any, str], None]]] = {
    words.Refers: granting.refer,
    words.Quotes: granting.quote,
    words.BringsAlong: granting.bring_along,
    words.Awarded: granting.award,
    words.Credits: granting.credit,
    words.Adjusts: granting.adjust,
    words.Reinstates: granting.reinstate,
    words.Redeems: paying.redeem,
    words.Holds: paying.hold,
    words.Captures: paying.capture,
    words.Cancels: paying.cancel,
    words.PaysBack: paying.pay_back,
    words.Transfers: sharing.transfer,
    words.JoinsHousehold: sharing.join_household,
    words.LeavesHousehold: sharing.leave_household,
    words.PutsIn: sharing.put_in,
    words.TakesOut: sharing.take_out,
    words.TakesIn: sharing.take_in,
    words.LetsGo: sharing.let_go,
}


def act(purse: Purse, event: BeforeBuying | PointsAct) -> None:
    """Does what the event says, and insists on the refusal that it expects."""
    act_id = purse.next_id()
    _insisting(getattr(event, "refused", ""), lambda: _ACTS[type(event)](purse, event, act_id))


def give_back(runner: Runner, reversal_id: str, purchase: Purchase, returns: Returns) -> Receipt | None:
    """Refunds a purchase; None where that is refused, as expected."""
    answer: Receipt | None = _insisting(
        returns.refused, lambda: runner.take_back(reversal_id, purchase, returns)
    )
    return answer


def look(purse: Purse, event: PointsLook, title: str) -> None:
    """Insists on what the event says that is to be seen, perhaps after a while."""

    def is_so() -> bool:
        said, seen = said_and_seen(purse, event)
        return bool(said == seen)

    if not purse.runner.wait_until(is_so):
        raise AssertionError((title, event, said_and_seen(purse, event)))


def _insisting(refused: str, do: Callable[[], Any]) -> Any:
    if not refused:
        return do()
    with pytest.raises(Refused) as refusal:
        do()
    assert refusal.value.reason.name == refused
    return None
