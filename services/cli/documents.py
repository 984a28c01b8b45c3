"""Messages as plain documents, for `--json`: dates and instants as ISO text, choices by name, numbers as numbers."""

import json
from typing import Any

import typer
from google.protobuf.message import Message

from services.cli.wording import day_text


def document(message: Message) -> dict[str, Any]:
    """Every field of a message by its proto name; what is absent is null, an unsaid choice is empty."""
    return {field.name: _value(message, field) for field in message.DESCRIPTOR.fields}


def choice_name(field: Any, number: int) -> str:
    """The name of an enum's value without its prefix, such as GRACE_ENTERED; empty for what is not said."""
    names = {value.number: value.name for value in field.enum_type.values}
    prefix = names[0].removesuffix("UNSPECIFIED")
    return names.get(number, str(number)).removeprefix(prefix) if number else ""


def show_json(content: Any) -> None:
    """Writes a document to standard output."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


def _value(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.is_repeated:
        return [_single(field, item) for item in value]
    if field.message_type is not None and not message.HasField(field.name):
        return None
    return _single(field, value)


def _single(field: Any, value: Any) -> Any:
    if field.enum_type is not None:
        return choice_name(field, value)
    if field.message_type is None:
        return value
    if field.message_type.full_name == "google.type.Date":
        return day_text(value) or None
    if field.message_type.full_name == "google.protobuf.Timestamp":
        return value.ToJsonString()
    return document(value)
