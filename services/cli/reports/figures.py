"""Risk, grace and objectives on the screen."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from carat.tier.v1.report_pb2 import GetObjectivesResponse, GetRiskResponse, GraceCount
from services.cli.listings import listing, show_listing
from services.cli.reports.charts import bar, percent
from services.cli.wording import day_text, money


def show_risk(response: GetRiskResponse, console: Console) -> None:
    """Shows who of each level has yet to meet its maintenance rule, and who has."""
    columns = ("System", "Level", "At risk", "Safe", "Share at risk")
    table = listing(f"At risk as of {day_text(response.day)}", columns, columns[2:4], folds=False)
    for risk in response.risks:
        table.add_row(
            escape(risk.tier_system),
            escape(risk.level),
            f"{risk.at_risk:,}",
            f"{risk.safe:,}",
            bar(risk.at_risk, risk.at_risk + risk.safe),
        )
    show_listing(table, console)


def show_grace(counts: Sequence[GraceCount], console: Console) -> None:
    """Shows members in grace by the days they have left, fewest days first."""
    columns = ("Days left", "System", "Level", "Members")
    table = listing("Members in grace", columns, ("Days left", "Members"), folds=False)
    for count in counts:
        left = f"{count.days_left:,}" if count.days_left > 0 else f"{count.days_left:,} (overdue)"
        table.add_row(left, escape(count.tier_system), escape(count.level), f"{count.members:,}")
    show_listing(table, console)
    console.print(f"{sum(count.members for count in counts):,} members in grace")


def show_objectives(response: GetObjectivesResponse, currency: str, console: Console) -> None:
    """Shows the figures by which the program is judged."""
    period = f"{day_text(response.first)} to {day_text(response.last)}"
    columns = ("Level", "On the first day", "Bought since", "Retention")
    table = listing(f"Retention, {period}", columns, columns[1:3], folds=False)
    for retention in response.retentions:
        table.add_row(
            escape(retention.level),
            f"{retention.members:,}",
            f"{retention.retained:,}",
            bar(retention.retained, retention.members),
        )
    show_listing(table, console)
    spend, top_two = response.spend_minor, response.top_two_spend_minor
    for name, figure, how in (
        (
            "Churn",
            percent(response.churned, response.members_before),
            f"{response.churned:,} of {response.members_before:,} who bought in the twelve months before",
        ),
        (
            "Revenue from the two highest levels",
            percent(top_two, spend),
            f"{money(top_two, currency)} of {money(spend, currency)}",
        ),
        (
            "Visits a year of an active member",
            f"{response.visits / response.active_members:.1f}" if response.active_members else "–",
            f"{response.visits:,} visits of {response.active_members:,} members",
        ),
    ):
        console.print(f"{name}: {figure} ({escape(how)})", soft_wrap=True)
