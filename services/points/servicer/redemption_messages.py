"""Redemptions as protobuf; translation only."""

from datetime import datetime

from google.protobuf import timestamp_pb2

from carat.points.v1 import redemption_pb2
from services.kernel.calendar import day_date
from services.points.redemption_columns import Redemptions
from services.points.rules.redemptions import states_at
from services.points.store.pools import pool_of_account
from services.runtime.program_messages import day_to_proto


def redemption_to_proto(redemptions: Redemptions, now: datetime) -> redemption_pb2.Redemption:
    """The one redemption as it is at an instant."""
    [account], [expires_at] = redemptions.member_id, redemptions.expires_at
    hold_ends_at = timestamp_pb2.Timestamp()
    hold_ends_at.FromDatetime(expires_at)
    return redemption_pb2.Redemption(
        redemption_id=redemptions.redemption_id[0],
        member_id=redemptions.redeemed_by[0],
        pool_id=pool_of_account(account),
        points=int(redemptions.points[0]),
        value_minor=int(redemptions.value_minor[0]),
        state=redemption_pb2.RedemptionState.Name(int(states_at(redemptions, now)[0])),
        expires_at=hold_ends_at,
        captured_points=int(redemptions.captured_points[0]),
        captured_value_minor=int(redemptions.captured_value_minor[0]),
        reversed_points=int(redemptions.reversed_points[0]),
        occurred_on=day_to_proto(day_date(int(redemptions.occurred_on[0]))),
    )
