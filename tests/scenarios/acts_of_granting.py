"""How points come and go without a payment in a scenario: by friends, occasions, staff and credit notes."""

from carat.benefits.v1 import award_pb2
from carat.points.v1 import adjustment_pb2, purchase_pb2, referral_pb2, reversal_pb2
from carat.points.v1 import points_service_pb2 as points
from services.runtime.program_messages import day_to_proto
from tests.scenarios import points_words as words
from tests.scenarios.acting import person
from tests.scenarios.checking import minor
from tests.scenarios.purse import Purse
from tests.scenarios.story import Purchase
from tests.scenarios.tills import instant_of_refund, purchase_message, receipt_of


def refer(purse: Purse, event: words.Refers, _: str) -> None:
    """See words.Refers."""
    friend_id = person(purse.member_id, event.friend)
    request = referral_pb2.RecordReferralRequest(friend_id=friend_id, referrer_id=purse.member_id)
    purse.runner.ask_points("RecordReferral", request)


def quote(purse: Purse, event: words.Quotes, _: str) -> None:
    """See words.Quotes."""
    purchase = Purchase("", purse.member_id, event.on, minor(event.amount), event.treatments, "")
    request = points.QuotePurchaseRequest(purchase=purchase_message(purchase, purse.runner.zone))
    receipt = receipt_of(purse.runner.ask_points("QuotePurchase", request).receipt)
    assert (receipt.points, receipt.level_after, receipt.reason) == (
        event.earns, event.level, event.why,
    ), event  # fmt: skip


def bring_along(purse: Purse, event: words.BringsAlong, act_id: str) -> None:
    """See words.BringsAlong."""
    earned_on = None if event.earned_on is None else day_to_proto(event.earned_on)
    balance = adjustment_pb2.OpeningBalance(
        transaction_id=act_id, member_id=purse.member_id, points=event.points, earned_on=earned_on
    )
    request = adjustment_pb2.BatchImportBalancesRequest(balances=[balance])
    [result] = purse.runner.ask_points("BatchImportBalances", request).results
    assert (result.reason, result.replayed) == (0, False), event


def award(purse: Purse, event: words.Awarded, act_id: str) -> None:
    """See words.Awarded."""
    purse.runner.award(
        award_pb2.Award(
            award_id=act_id,
            member_id=purse.member_id,
            code=event.code,
            points=event.points,
            awarded_on=day_to_proto(event.on),
            actor_id="anna",
            note="as the schedule says",
        )
    )


def credit(purse: Purse, event: words.Credits, act_id: str) -> None:
    """See words.Credits."""
    note = reversal_pb2.CreditNote(
        credit_note_id=act_id,
        member_id=purse.member_id,
        amounts=purchase_pb2.Amounts(service_minor=minor(event.amount)),
        treatments=event.treatments,
        occurred_at=instant_of_refund(event.on, purse.runner.zone),
    )
    request = reversal_pb2.RecordCreditNoteRequest(credit_note=note)
    places = {purchase.transaction_id: place for place, purchase in enumerate(purse.bought)}
    receipts = purse.runner.ask_points("RecordCreditNote", request).receipts
    taken = tuple((places[receipt.transaction_id], receipt.points) for receipt in receipts)
    assert taken == event.takes, event


def adjust(purse: Purse, event: words.Adjusts, act_id: str) -> None:
    """See words.Adjusts."""
    request = adjustment_pb2.AdjustPointsRequest(
        adjustment_id=act_id,
        member_id=purse.member_id,
        points=event.points,
        actor_id=event.by,
        note=event.note,
    )
    entry = purse.runner.ask_points("AdjustPoints", request).entry
    assert (entry.points, entry.actor_id, entry.note) == (event.points, event.by, event.note)


def reinstate(purse: Purse, event: words.Reinstates, act_id: str) -> None:
    """See words.Reinstates."""
    request = adjustment_pb2.ReinstatePointsRequest(
        reinstatement_id=act_id,
        member_id=purse.member_id,
        points=event.points,
        actor_id="anna",
        note="was ill",
    )
    entry = purse.runner.ask_points("ReinstatePoints", request).entry
    assert event.gives is None or entry.points == event.gives, event
