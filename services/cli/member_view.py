"""A member's standing on the screen."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from carat.benefits.v1.allowance_pb2 import Allowance
from carat.points.v1.entry_pb2 import Entry
from carat.points.v1.points_service_pb2 import GetBalanceResponse
from carat.tier.v1.member_pb2 import Member
from carat.tier.v1.move_pb2 import Move
from carat.tier.v1.standing_pb2 import Standing
from carat.tier.v1.tier_service_pb2 import GetPolicyResponse
from services.cli.documents import choice_name
from services.cli.listings import listing, show_listing
from services.cli.points.balances import balance_lines
from services.cli.points.statements import kind_text
from services.cli.wording import (
    REASONS,
    activity_text,
    day_text,
    factor,
    money,
    share,
    threshold_texts,
)
from services.kernel.exact import ONE_BP


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that three services know of one member; what has not reached a service yet is None there."""

    policy: GetPolicyResponse
    standing: Standing
    balance: GetBalanceResponse | None
    entries: list[Entry]
    allowances: list[Allowance]


def show_portrait(portrait: Portrait, console: Console) -> None:
    """Shows the member: facts first, then allowances, moves and ledger entries, newest first."""
    console.print(_facts(portrait))
    if portrait.allowances:
        show_listing(_allowances(portrait), console)
    show_listing(_moves(portrait), console)
    show_listing(_entries(portrait), console)


def _facts(portrait: Portrait) -> Table:
    standing = portrait.standing
    table = Table(
        title=f"Member {escape(standing.member.member_id)} as of {day_text(standing.as_of)}",
        title_justify="left",
        show_header=False,
        box=None,
        pad_edge=False,
    )
    table.add_column(style="bold")
    table.add_column()
    for name, text in [*_standing_lines(portrait), *_balance_lines(portrait)]:
        table.add_row(name, escape(text))
    return table


def _standing_lines(portrait: Portrait) -> Iterator[tuple[str, str]]:
    standing, names = portrait.standing, _level_names(portrait)
    currency, counted = portrait.policy.program.currency, portrait.standing.counted
    if standing.tier_system:
        since = day_text(standing.level_since)
        yield "Level", f"{names.get(standing.level, standing.level)} of {standing.tier_system}, since {since}"
        moves = standing.latest_moves
        if moves and moves[0].to_level != standing.level:
            yield "", "by reviews that are due and that the next tier-review run will record"
        yield "Earns", f"{factor(standing.multiplier_bp)} points"
    else:
        yield "Level", f"none: {_why_in_no_system(standing.member)}"
    yield "Member since", day_text(standing.member.enrolled_on)
    if standing.HasField("inactive_since"):
        yield "Inactive", f"since {day_text(standing.inactive_since)}, until the next purchase"
    if standing.tier_system:
        activity = activity_text(counted.spend_minor, counted.visits, counted.points, currency)
        yield "Counts now", f"{activity}, from {day_text(standing.counted_from)} on"
    keep = threshold_texts(standing.keep, counted, currency)
    if keep:
        yield f"To keep {names.get(standing.level, standing.level)}", " or ".join(keep)
    if standing.next_level:
        entry = threshold_texts(standing.next_entry, counted, currency)
        yield f"To reach {names.get(standing.next_level, standing.next_level)}", " or ".join(entry)
    if standing.HasField("lifetime_since"):
        yield "Held for life", f"since {day_text(standing.lifetime_since)}"
    if standing.HasField("locked_until"):
        yield "Locked", f"until {day_text(standing.locked_until)}"
    yield "Next review", day_text(standing.next_review) or "none"
    if standing.HasField("grace"):
        since, until = day_text(getattr(standing.grace, "from")), day_text(standing.grace.until)
        yield "Grace", f"since {since}; over on {until} unless the thresholds are met before"
    yield "Treatments ever", f"{standing.lifetime_treatments:,}"


def _why_in_no_system(member: Member) -> str:
    if member.HasField("erased_on"):
        return f"personal data was erased on {day_text(member.erased_on)}"
    if member.merged_into:
        return f"the record was merged into {member.merged_into}"
    return "the member is in no tier system"


def _balance_lines(portrait: Portrait) -> Iterator[tuple[str, str]]:
    balance = portrait.balance
    if balance is None:
        yield "Balance", "not opened yet"
        return
    yield from balance_lines(balance, portrait.policy.program)


def _allowances(portrait: Portrait) -> Table:
    columns = ("Allowance", "From", "Until before", "Used", "Left", "Up to each", "")
    table = listing("Allowances", columns, numbers=("Left",))
    for allowance in portrait.allowances:
        limit = allowance.value_limit_minor
        notes = ["closed: the level was left"] * allowance.closed + ["combinable"] * allowance.combinable
        table.add_row(
            escape(allowance.name or allowance.code),
            day_text(allowance.period_start),
            day_text(allowance.period_end),
            f"{allowance.used} of {allowance.granted}",
            "0" if allowance.closed else str(allowance.granted - allowance.used),
            money(limit, portrait.policy.program.currency) if limit else "any value",
            ", ".join(notes),
        )
    return table


def _moves(portrait: Portrait) -> Table:
    table = listing("Last moves", ("On", "Level", "Why", "By", "Revision"), ("Revision",))
    names, currency = _level_names(portrait), portrait.policy.program.currency
    for move in portrait.standing.latest_moves:
        before, after = names.get(move.from_level, move.from_level), names.get(move.to_level, move.to_level)
        table.add_row(
            day_text(move.effective_on),
            escape(f"{before} to {after or 'none'}" if before and before != after else after),
            escape(_why(move, currency)),
            escape(move.transaction_id or move.run_id),
            str(move.revision),
        )
    return table


def _why(move: Move, currency: str) -> str:
    reason = choice_name(move.DESCRIPTOR.fields_by_name["reason"], move.reason)
    until = f" (until {day_text(move.grace_until)})" if move.HasField("grace_until") else ""
    had = activity_text(move.counted_spend_minor, move.counted_visits, move.counted_points, currency)
    return f"{REASONS.get(reason, reason)}{until}; had {had}"


def _entries(portrait: Portrait) -> Table:
    table = listing("Last ledger entries", ("On", "Kind", "Points", "Transaction", "How"), ("Points",))
    for entry in portrait.entries:
        table.add_row(
            day_text(entry.occurred_on),
            kind_text(entry),
            f"{entry.points:+,}",
            escape(entry.transaction_id),
            escape(_how(entry, _level_names(portrait))),
        )
    return table


def _how(entry: Entry, names: dict[str, str]) -> str:
    """How points of a purchase came about, or what another entry follows and why."""
    if not entry.HasField("receipt"):
        return " ".join(part for part in (entry.related_id, entry.note) if part)
    receipt = entry.receipt
    parts = [f"{Decimal(receipt.base_micropoints).scaleb(-6).normalize():,f}"]
    if receipt.package_micropoints and receipt.package_bonus_bp:
        parts.append(f"{share(receipt.package_bonus_bp)} on packages")
    parts.append(f"{factor(receipt.level_multiplier_bp)} {names.get(receipt.level, receipt.level)}")
    if receipt.birthday_multiplier_bp not in (0, ONE_BP):
        parts.append(f"{factor(receipt.birthday_multiplier_bp)} birthday")
    if receipt.property_multiplier_bp not in (0, ONE_BP):
        parts.append(f"{factor(receipt.property_multiplier_bp)} property")
    if receipt.treatment_bonus:
        parts.append(f"+{receipt.treatment_bonus:,} for treatments")
    return " ".join(parts)


def _level_names(portrait: Portrait) -> dict[str, str]:
    system = portrait.standing.tier_system
    ladders = [
        ladder for ladder in portrait.policy.policy.systems if system in ("", ladder.external_id)
    ]  # who is in no system any more was in one of them
    return {level.code: level.name for ladder in ladders for level in ladder.levels}
