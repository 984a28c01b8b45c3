"""What was measured, for people."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.load.purchase_stages import BATCH
from tests.load.purchases import Ways
from tests.load.reviews import Measured, Timed
from tests.load.stages import Spent
from tests.load.targets import Ratio

_RIGHT: Final = "right"


def show_purchases(ways: Ways, console: Console) -> None:
    """Purchases a second each way, then where the time of a batch goes."""
    clients, by_sql = ways.best_sql
    table = _table("Purchases", "Way", "Purchases/s", "÷ SQL", "Call, median", "Call, p99")
    for told, rate in ((f"batches of {BATCH}, 8 callers", ways.batches), ("unary, 256 callers", ways.unary)):
        table.add_row(
            told,
            f"{rate.per_second:,.0f}",
            f"{rate.per_second / by_sql:.2f}",
            f"{rate.median_seconds * 1e3:,.0f} ms",
            f"{rate.p99_seconds * 1e3:,.0f} ms",
        )
    for count, per_second in ways.by_sql.items():
        best = ", the best" if count == clients else ""
        table.add_row(
            f"SQL one by one, {count} clients{best}", f"{per_second:,.0f}", f"{per_second / by_sql:.2f}"
        )
    console.print(table)
    batches = ways.profile.batches
    spent = dict(ways.profile.spent)
    spent["gRPC, other processes"] = Spent(
        max(0.0, ways.one_caller.median_seconds * batches - ways.profile.seconds)
    )
    title = f"Where the time of {BATCH} purchases goes (one caller, services otherwise idle)"
    console.print(_stages(title, spent, batches, "batch"))


def show_review(measured: Measured, workers: int, console: Console) -> None:
    """One review each way, then where the time of a chunk goes."""
    table = _table(
        f"{measured.review.told}; {measured.members:,} members",
        "Way",
        "Seconds",
        "Members/s",
        "÷ one statement",
    )
    by_statement = measured.by_statement.seconds
    for told, seconds in (
        (f"Ray, {workers} actors", measured.by_ray.seconds),
        ("in this process", measured.in_process.seconds),
        ("one SQL statement", by_statement),
        (f"SQL in {workers} psql sessions", measured.by_sessions.seconds),
        ("Ray, a preview", measured.preview_seconds),
        ("Ray, the finished run again", measured.rerun_seconds),
        *((f"Ray, a simulation, {whom}", seconds) for whom, seconds in measured.simulations.items()),
    ):
        table.add_row(
            told, f"{seconds:.2f}", f"{measured.members / seconds:,.0f}", f"{by_statement / seconds:.2f}"
        )
    console.print(table)
    console.print(_agreement(measured))
    title = f"Where the time of a chunk goes (in this process, {measured.chunks} chunks)"
    console.print(_stages(title, measured.stages, measured.chunks, "chunk"))


def show_ratios(ratios: Sequence[Ratio], console: Console) -> None:
    """Every ratio beside its target."""
    table = _table("Targets", "", "Measure", "Value", "Target")
    for ratio in ratios:
        colour = "green" if ratio.is_met else "yellow"
        sign = "≤" if ratio.at_most else "≥"
        table.add_row(ratio.number, ratio.told, f"[{colour}]{ratio.value:.2f}[/]", f"{sign} {ratio.target:g}")
    table.columns[1].justify = "left"
    console.print(table)


def _agreement(measured: Measured) -> str:
    if measured.agree:
        moves = sum(measured.by_ray.written.kinds.values())
        return f"All four ways wrote the same rows: {moves:,} moves, every standing alike."
    ways: dict[str, Timed] = {
        "Ray": measured.by_ray,
        "in this process": measured.in_process,
        "one statement": measured.by_statement,
        "sessions": measured.by_sessions,
    }
    lines = [f"  {way}: {timed.written.rows} {timed.written.kinds}" for way, timed in ways.items()]
    return "\n".join(["[red]The ways did not write the same rows:[/]", *lines])


def _stages(title: str, spent: Mapping[str, Spent], pieces: int, piece: str) -> Table:
    table = _table(title, "Stage", f"ms a {piece}", "Share", "of it: own work")
    total = sum(each.seconds for each in spent.values()) or 1.0
    for name, each in sorted(spent.items(), key=lambda stage: -stage[1].seconds):
        own = f"{each.worked / each.seconds:.0%}" if each.worked and each.seconds > 0 else ""
        table.add_row(name, f"{each.seconds / max(pieces, 1) * 1e3:,.1f}", f"{each.seconds / total:.0%}", own)
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(first, title=title, title_justify="left")
    for name in others:
        table.add_column(name, justify=_RIGHT)
    return table
