"""How points pay in a scenario."""

from carat.points.v1 import redemption_pb2
from tests.scenarios import points_words as words
from tests.scenarios.acting import person
from tests.scenarios.checking import minor
from tests.scenarios.purse import Purse


def redeem(purse: Purse, event: words.Redeems, act_id: str) -> None:
    """See words.Redeems."""
    redeemed = purse.runner.ask_points(
        "RedeemPoints",
        redemption_pb2.RedeemPointsRequest(
            redemption_id=act_id,
            member_id=person(purse.member_id, event.who),
            pool_id=purse.household if event.of_household else "",
            points=event.points,
        ),
    ).redemption
    purse.payments.append(act_id)
    expect_worth(event.worth, redeemed.captured_value_minor, event)


def hold(purse: Purse, event: words.Holds, act_id: str) -> None:
    """See words.Holds."""
    request = redemption_pb2.AuthoriseRedemptionRequest(
        redemption_id=act_id, member_id=purse.member_id, points=event.points
    )
    purse.runner.ask_points("AuthoriseRedemption", request)
    purse.payments.append(act_id)


def capture(purse: Purse, event: words.Captures, _: str) -> None:
    """See words.Captures."""
    request = redemption_pb2.CaptureRedemptionRequest(
        redemption_id=purse.payments[event.of], points=event.points
    )
    captured = purse.runner.ask_points("CaptureRedemption", request).redemption
    expect_worth(event.worth, captured.captured_value_minor, event)


def cancel(purse: Purse, event: words.Cancels, _: str) -> None:
    """See words.Cancels."""
    request = redemption_pb2.CancelRedemptionRequest(redemption_id=purse.payments[event.of])
    purse.runner.ask_points("CancelRedemption", request)


def pay_back(purse: Purse, event: words.PaysBack, act_id: str) -> None:
    """See words.PaysBack."""
    request = redemption_pb2.ReverseRedemptionRequest(
        reversal_id=act_id, redemption_id=purse.payments[event.of], points=event.points
    )
    purse.runner.ask_points("ReverseRedemption", request)


def expect_worth(said: str, value_minor: int, event: object) -> None:
    """Insists on the value of a payment, where the story tells it."""
    assert not said or minor(said) == value_minor, event
