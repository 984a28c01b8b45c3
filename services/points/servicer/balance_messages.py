"""Balances as protobuf; translation only."""

from carat.points.v1 import points_service_pb2 as pb
from services.kernel.calendar import NEVER, day_date
from services.points.recording.balances import Spendable
from services.runtime.program_messages import day_to_proto


def balance_to_proto(found: Spendable) -> pb.GetBalanceResponse:
    """A balance and what of it can be spent."""
    response = pb.GetBalanceResponse(
        balance=found.balance.balance,
        lifetime_earned=found.balance.lifetime_earned,
        pending_purchases=found.balance.pending_purchases,
        available=found.available,
        held=found.held,
        maturing=found.maturing,
        available_value_minor=found.available_value_minor,
    )
    if found.next_expiry.day != NEVER:
        response.next_expiry_on.CopyFrom(day_to_proto(day_date(found.next_expiry.day)))
        response.next_expiry_points = found.next_expiry.points
    return response
