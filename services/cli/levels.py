"""`carat levels`: what a purchase is multiplied by, for each level in each property."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.property_pb2 import EffectiveMultiplier, GetMultiplierSummaryRequest
from services.cli.connections import connect
from services.cli.documents import document, show_json
from services.cli.listings import listing, show_listing
from services.cli.wording import factor, share
from services.runtime.settings import load_settings


def levels(
    system: Annotated[str, typer.Option(help="External id of one tier system; default: all.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show the effective multiplier of each level in each digital property, as of now.

    And, where some level has any, what holds in the month of the birthday and the bonus on packages.
    """
    with connect(load_settings()) as connections:
        request = GetMultiplierSummaryRequest(tier_system=system)
        lines = connections.tier.GetMultiplierSummary(request).multipliers
    if as_json:
        show_json([document(line) for line in lines])
        return
    by_level: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        by_level.setdefault((line.tier_system, line.level), []).append(factor(line.effective_multiplier_bp))
    properties = list(dict.fromkeys(line.property_id for line in lines if line.property_id))
    factors = ["Anywhere else", *(escape(f"In {name}") for name in properties)]
    for heading, bonuses in _bonuses([line for line in lines if not line.property_id]):
        factors.append(heading)
        for told, bonus in zip(by_level.values(), bonuses, strict=True):
            told.append(bonus)
    table = listing("What a purchase is multiplied by", ("System", "Level", *factors), factors)
    for (tier_system, level), effective in by_level.items():
        table.add_row(escape(tier_system), escape(level), *effective)
    show_listing(table, Console())


def _bonuses(anywhere: Sequence[EffectiveMultiplier]) -> Iterator[tuple[str, list[str]]]:
    """Columns that only some programs need, one line a level."""
    if any(line.birthday_month_multiplier_bp != line.effective_multiplier_bp for line in anywhere):
        yield "Birthday month", [factor(line.birthday_month_multiplier_bp) for line in anywhere]
    if any(line.package_bonus_bp for line in anywhere):
        yield "Packages", [share(line.package_bonus_bp) for line in anywhere]
