"""Whether a demo was a success."""

from collections.abc import Mapping

from services.cli.demo.sending import Sent
from services.cli.failures import CommandFailed
from services.cli.verification import Verification


def judge(sent: Mapping[str, Sent], verification: Verification) -> None:
    """Raises CommandFailed unless every promise is kept and all that was sent was granted, or is still to be."""
    if verification.breaches:
        raise CommandFailed("promises are broken: see above")
    if verification.unsettled:
        raise CommandFailed("; ".join(verification.unsettled))
    refused = sum(each.refused.total() for each in sent.values())
    if refused:
        raise CommandFailed(f"{refused:,} enrolments, purchases, refunds or payments were refused")
