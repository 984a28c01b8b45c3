"""`carat properties`: the digital properties and their multipliers."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from carat.tier.v1.policy_pb2 import Property
from carat.tier.v1.property_pb2 import ListPropertiesRequest, UpdatePropertyRequest
from services.cli.connections import connect
from services.cli.documents import document, show_json
from services.cli.listings import listing, show_listing
from services.cli.wording import factor
from services.cli.yaml_scalars import ShapeError, read_scalar
from services.runtime.settings import load_settings

app: Final = typer.Typer(help="Digital properties: all of them, or the multiplier of one to set.")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def parsed_factor(text: str) -> int:
    """A factor in basis points, read as in a program file; a mistake in the arguments otherwise."""
    field: Any = UpdatePropertyRequest.DESCRIPTOR.fields_by_name["multiplier_bp"]
    try:
        return int(read_scalar(field, yaml.ScalarNode("", text)))
    except ShapeError as mistaken:
        raise typer.BadParameter(mistaken.text) from None


@app.callback(invoke_without_command=True)
def show_by_default(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the digital properties with the multipliers that hold now."""
    if context.invoked_subcommand is None:
        show_properties(as_json)


@app.command("list")
def show_properties(as_json: AsJson = False) -> None:
    """Show the digital properties with the multipliers that hold now."""
    with connect(load_settings()) as connections:
        items = connections.tier.ListProperties(ListPropertiesRequest()).properties
    _show(items, as_json)


@app.command("set")
def set_multiplier(
    property_id: Annotated[str, typer.Argument(help="The property.")],
    multiplier: Annotated[
        int, typer.Argument(parser=parsed_factor, metavar="FACTOR", help="Such as 1.25; never below 1.")
    ],
    as_json: AsJson = False,
) -> None:
    """Change a property's multiplier at once: for what is recorded from now on, never retroactively."""
    request = UpdatePropertyRequest(property_id=property_id, multiplier_bp=multiplier)
    with connect(load_settings()) as connections:
        item = connections.tier.UpdateProperty(request).property
    _show([item], as_json)


def _show(items: Iterable[Property], as_json: bool) -> None:
    if as_json:
        show_json([document(item) for item in items])
        return
    table = listing("Digital properties", ("Property", "Name", "Multiplier"), ("Multiplier",))
    for item in items:
        table.add_row(escape(item.id), escape(item.name), factor(item.multiplier_bp))
    show_listing(table, Console())
