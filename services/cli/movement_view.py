"""What a simulation foresees on the screen: from which level to which, and how many members."""

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.markup import escape

from carat.operations.v1.run_pb2 import ChangeCount, Run
from services.cli.listings import listing, show_listing
from services.cli.run_view import did_text, show_failure, state_text
from services.cli.wording import REASONS

Show = Callable[[Run, Console], None]


def movements_by(levels: Sequence[str]) -> Show:
    """Shows the moves between levels as a matrix, then what happened without one; `levels` in their order."""

    def show(run: Run, console: Console) -> None:
        moved = [count for count in run.changes if getattr(count, "from") != count.to]
        stayed = [count for count in run.changes if getattr(count, "from") == count.to]
        _show_matrix(f"Simulation {run.run_id}: {state_text(run)}", "From \\ to", moved, levels, console)
        if stayed:
            _show_stayed(stayed, levels, console)
        console.print(did_text(run))
        if run.plan_hash:
            console.print(f"plan hash {run.plan_hash}", soft_wrap=True)
        show_failure(run, console)

    return show


def comparison_of(levels: Sequence[str], systems: tuple[str, str]) -> Show:
    """Shows members by their levels in both systems of a replay, and what they earned in either."""

    def show(run: Run, console: Console) -> None:
        title = f"Replay {run.run_id}: {state_text(run)}"
        _show_matrix(title, f"{systems[0]} \\ {systems[1]}", run.changes, levels, console)
        earned = (
            sum(count.points_from for count in run.changes),
            sum(count.points_to for count in run.changes),
        )
        told = ", ".join(f"{points:,} in {system}" for system, points in zip(systems, earned, strict=True))
        console.print(f"points earned: {told}", soft_wrap=True)
        console.print(did_text(run))
        show_failure(run, console)

    return show


def _show_matrix(
    title: str, corner: str, counts: Iterable[ChangeCount], levels: Sequence[str], console: Console
) -> None:
    members: dict[tuple[str, str], int] = {}
    for count in counts:
        between = (getattr(count, "from"), count.to)
        members[between] = members.get(between, 0) + count.members
    if not members:
        console.print(escape(f"{title}; nobody moves"), soft_wrap=True)
        return
    console.print(escape(title), soft_wrap=True)
    rows, columns = (_in_order({between[side] for between in members}, levels) for side in (0, 1))
    table = listing("", (escape(corner), *map(escape, columns)), columns, folds=False)
    for before in rows:
        cells = [members.get((before, after)) for after in columns]
        table.add_row(escape(before), *("" if cell is None else f"{cell:,}" for cell in cells))
    show_listing(table, console)


def _show_stayed(counts: Iterable[ChangeCount], levels: Sequence[str], console: Console) -> None:
    table = listing("Without a change of level", ("Change", "Level", "Members"), ("Members",))
    for count in sorted(counts, key=lambda count: (count.reason, _place(count.to, levels))):
        why = REASONS.get(count.reason, count.reason.replace("_", " ").lower())
        table.add_row(escape(why), escape(count.to), f"{count.members:,}")
    show_listing(table, console)


def _in_order(found: Iterable[str], levels: Sequence[str]) -> list[str]:
    return sorted(found, key=lambda level: (_place(level, levels), level))


def _place(level: str, levels: Sequence[str]) -> int:
    return levels.index(level) if level in levels else len(levels)
