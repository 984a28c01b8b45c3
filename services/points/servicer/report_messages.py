"""Months and liabilities as protobuf; translation only."""

from carat.points.v1 import report_pb2
from services.kernel.calendar import NEVER, day_date
from services.points.policy_document import Redeeming
from services.points.rules.liability import AGES, Tally
from services.points.rules.limits import POINTS_LIMIT
from services.points.rules.months import Month
from services.points.rules.redemptions import worth
from services.runtime.program_messages import day_to_proto


def month_to_proto(month: Month) -> report_pb2.GetMonthStatementResponse:
    """A member's month."""
    expires = month.next_expiry.day != NEVER
    return report_pb2.GetMonthStatementResponse(
        opening_balance=month.opening,
        totals=[
            report_pb2.KindTotal(
                kind=f"ENTRY_KIND_{total.kind.name}", entries=total.entries, points=total.points
            )
            for total in month.totals
        ],
        closing_balance=month.closing,
        next_expiry_on=day_to_proto(day_date(month.next_expiry.day)) if expires else None,
        next_expiry_points=month.next_expiry.points,
    )


def exceeds_limits(tally: Tally, redeeming: Redeeming | None) -> bool:
    """Whether a sum is beyond what a message carries: none is told rather than a wrong one."""
    parts = [tally.whole, *tally.levels.values()]
    sums = [
        number for part in parts for number in (part.points, part.positive, worth(part.positive, redeeming))
    ]
    return max(abs(number) for number in sums) > POINTS_LIMIT


def liability_to_proto(tally: Tally, redeeming: Redeeming | None) -> report_pb2.GetLiabilityResponse:
    """What is owed; values are rounded down once each, so those of levels may add up to less than the whole."""
    whole = tally.whole
    return report_pb2.GetLiabilityResponse(
        points=whole.points,
        value_minor=worth(whole.positive, redeeming),
        points_owed=whole.points - whole.positive,
        accounts=whole.accounts,
        levels=[
            report_pb2.LiabilityByLevel(
                tier_system=tier_system,
                level=level,
                accounts=part.accounts,
                points=part.points,
                value_minor=worth(part.positive, redeeming),
            )
            for (tier_system, level), part in tally.levels.items()
        ],
        ages=[
            report_pb2.LiabilityByAge(months_from=months_from, months_until=months_until, points=points)
            for (months_from, months_until), points in zip(AGES, tally.ages, strict=True)
        ],
    )
