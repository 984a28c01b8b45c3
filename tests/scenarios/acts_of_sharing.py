"""How members share points, and records of one person are joined, in a scenario."""

from typing import Any, Final

from carat.points.v1 import pool_pb2
from carat.tier.v1 import staff_pb2
from tests.scenarios import points_words as words
from tests.scenarios.acting import person
from tests.scenarios.purse import Purse

_CLERK: Final = staff_pb2.Actor(id="clerk")


def transfer(purse: Purse, event: words.Transfers, act_id: str) -> None:
    """See words.Transfers."""
    taker = pool_pb2.Holder(member_id=person(purse.member_id, event.to))
    _move(purse, act_id, pool_pb2.Holder(member_id=purse.member_id), taker, event.points)


def join_household(purse: Purse, event: words.JoinsHousehold, _: str) -> None:
    """See words.JoinsHousehold."""
    rpc = "AddPoolMember" if purse.has_household else "CreatePool"
    purse.has_household = True
    request = getattr(pool_pb2, f"{rpc}Request")(
        pool_id=purse.household, member_id=person(purse.member_id, event.who)
    )
    purse.runner.ask_points(rpc, request)


def leave_household(purse: Purse, event: words.LeavesHousehold, _: str) -> None:
    """See words.LeavesHousehold."""
    request = pool_pb2.RemovePoolMemberRequest(
        pool_id=purse.household, member_id=person(purse.member_id, event.who)
    )
    left = purse.runner.ask_points("RemovePoolMember", request)
    assert left.points_taken_along == event.takes_along, event


def put_in(purse: Purse, event: words.PutsIn, act_id: str) -> None:
    """See words.PutsIn."""
    giver = pool_pb2.Holder(member_id=person(purse.member_id, event.who))
    _move(purse, act_id, giver, pool_pb2.Holder(pool_id=purse.household), event.points)


def take_out(purse: Purse, event: words.TakesOut, act_id: str) -> None:
    """See words.TakesOut."""
    taker = person(purse.member_id, event.who)
    pool = pool_pb2.Holder(pool_id=purse.household)
    _move(purse, act_id, pool, pool_pb2.Holder(member_id=taker), event.points, on_behalf_of=taker)


def take_in(purse: Purse, event: words.TakesIn, act_id: str) -> None:
    """See words.TakesIn."""
    purse.merge_id = act_id
    request = staff_pb2.MergeMembersRequest(
        request_id=act_id,
        source_member_id=person(purse.member_id, event.record),
        target_member_id=purse.member_id,
        actor=_CLERK,
        note="the same person",
    )
    purse.runner.ask("MergeMembers", request)


def let_go(purse: Purse, _: words.LetsGo, act_id: str) -> None:
    """See words.LetsGo."""
    request = staff_pb2.UndoMergeRequest(
        request_id=act_id, merge_request_id=purse.merge_id, actor=_CLERK, note="two persons after all"
    )
    purse.runner.ask("UndoMerge", request)


def _move(
    purse: Purse,
    act_id: str,
    giver: pool_pb2.Holder,
    taker: pool_pb2.Holder,
    points: int,
    on_behalf_of: str = "",
) -> None:
    sides: dict[str, Any] = {"from": giver, "to": taker}
    request = pool_pb2.TransferPointsRequest(
        transfer_id=act_id, points=points, on_behalf_of=on_behalf_of, **sides
    )
    purse.runner.ask_points("TransferPoints", request)
