"""`carat points refer, referrals`: who brought whom."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from carat.points.v1.referral_pb2 import ListReferralsRequest, RecordReferralRequest, Referral
from services.cli.acting import AsJson
from services.cli.connections import connect
from services.cli.documents import document, show_json
from services.cli.listings import listing, show_listing
from services.cli.points.answers import show_answer
from services.cli.wording import day_text
from services.runtime.settings import load_settings


def refer(
    friend_id: Annotated[
        str, typer.Argument(metavar="FRIEND", help="Who was brought; need not be enrolled yet.")
    ],
    referrer_id: Annotated[str, typer.Option("--by", metavar="MEMBER", help="Who brought the friend.")],
    as_json: AsJson = False,
) -> None:
    """Note who brought a friend, before the friend's first treatment, which then pays a bonus."""
    request = RecordReferralRequest(friend_id=friend_id, referrer_id=referrer_id)
    with connect(load_settings()) as connections:
        answer = connections.points.RecordReferral(request)
    before = ", as recorded before" if answer.replayed else ""
    text = f"{friend_id} was brought by {referrer_id}{before}: {_became(answer.referral)}"
    show_answer(answer, text, as_json)


def referrals(
    member_id: Annotated[str, typer.Argument(metavar="MEMBER", help="Who brought them.")],
    as_json: AsJson = False,
) -> None:
    """List whom a member brought, and what that gave."""
    with connect(load_settings()) as connections:
        answer = connections.points.ListReferrals(ListReferralsRequest(referrer_id=member_id))
    if as_json:
        show_json(document(answer))
        return
    table = listing(f"Brought by {member_id}", ("Friend", "Recorded on", "Points", "Paid by"), ("Points",))
    for each in answer.referrals:
        paid = (f"{each.points:,}", each.paid_by) if each.paid_by else ("", "")
        table.add_row(*(escape(text) for text in (each.friend_id, day_text(each.recorded_on), *paid)))
    show_listing(table, Console())


def _became(referral: Referral) -> str:
    if not referral.paid_by:
        return "the bonus comes with the first treatment"
    return f"{referral.paid_by} has paid {referral.points:,} points"
