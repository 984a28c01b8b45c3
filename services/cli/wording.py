"""What the services say by name and number, in words."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

REASONS: Final = {
    "ENROLLED": "became a member",
    "THRESHOLD_REACHED": "promoted: a threshold was reached",
    "FAST_TRACKED": "promoted by fast track",
    "RENEWED": "passed the anniversary review",
    "GRACE_ENTERED": "failed a review, grace began",
    "RECOVERED": "met the thresholds during grace",
    "GRACE_EXPIRED": "demoted: grace was over",
    "REVIEW_FAILED": "demoted: failed the anniversary review",
    "RESET_FAILED": "demoted: earned too little until the reset",
    "GRACE_LAPSED": "grace ended, the level is kept: the tier system was inactive",
    "THRESHOLD_LOST": "demoted: activity left the window",
    "GRACE_TOUCHED": "told during grace",
    "LIFETIME_GRANTED": "holds the level for life",
    "INACTIVATED": "became inactive",
    "REACTIVATED": "became active again",
    "PROMOTION_UNDONE": "promotion undone by a reversal",
    "RECOVERY_UNDONE": "back in grace: recovery undone by a reversal",
    "COUNTED": "counted",
    "WINDOW_ROLLED": "what left the window taken off",
    "MOVED_BY_STAFF": "moved by staff",
    "LOCKED": "locked by staff, or a lock lifted",
    "INVITED": "accepted an invitation",
    "GIFTED": "given by a lifetime member",
    "SYSTEM_CHANGED": "changed tier systems",
    "MERGED_AWAY": "merged into another record",
    "MERGED_IN": "took in another record",
    "MERGE_UNDONE": "stands apart again: a merge was undone",
    "ERASED": "personal data erased",
    "INVITATION_EXPIRED": "invitation expired",
    "ALLOWANCE_OPENED": "allowance opened",
    "REPLAYED": "replayed",
}
"""Why something changed, by the names of carat.tier.v1.MoveReason and of the changes of runs."""


def money(minor: int, currency: str) -> str:
    """An amount with its currency: MYR 3,000.00."""
    return f"{currency} {Decimal(minor).scaleb(-2):,.2f}"


def factor(basis_points: int) -> str:
    """A multiplier: ×1.25."""
    return f"×{(Decimal(basis_points) / 10_000).normalize():f}"


def share(basis_points: int) -> str:
    """An extra: +10%; nothing for none."""
    return f"+{(Decimal(basis_points) / 100).normalize():f}%" if basis_points else ""


def day_text(day: Any) -> str:
    """A google.type.Date as 2024-01-31; empty where it is absent."""
    return date(day.year, day.month, day.day).isoformat() if day.year else ""


def number_of(count: int, noun: str) -> str:
    """A count with its noun: 1 visit, 1,200 visits."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def activity_text(spend_minor: int, visits: int, points: int, currency: str) -> str:
    """What qualifies: MYR 3,200.00, 12 visits, 320 points; kinds of which there are none are left out."""
    kinds = [
        (spend_minor, money(spend_minor, currency)),
        (visits, number_of(visits, "visit")),
        (points, number_of(points, "point")),
    ]
    return ", ".join(text for count, text in kinds if count) or "nothing"


def threshold_texts(thresholds: Any, counted: Any, currency: str) -> list[str]:
    """Each way in with what is missing of it, of which any one suffices."""
    ways = []
    if thresholds.spend_minor:
        missing = thresholds.spend_minor - counted.spend_minor
        ways.append(_way(money(thresholds.spend_minor, currency), missing, money(missing, currency)))
    if thresholds.visits:
        missing = thresholds.visits - counted.visits
        ways.append(_way(number_of(thresholds.visits, "visit"), missing, f"{missing:,}"))
    if thresholds.points:
        missing = thresholds.points - counted.points
        ways.append(_way(number_of(thresholds.points, "point"), missing, f"{missing:,}"))
    return ways


def _way(wanted: str, missing: int, missing_text: str) -> str:
    return f"{wanted} ({missing_text} missing)" if missing > 0 else f"{wanted} (reached)"
