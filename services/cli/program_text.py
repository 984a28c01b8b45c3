"""A program message written as the program file that says the same."""

from datetime import date
from decimal import Decimal
from typing import Any

import yaml
from google.protobuf.message import Message

from services.cli.mistakes import yaml_spelling
from services.cli.yaml_scalars import choices_of, decimals_of


class _Dumper(yaml.SafeDumper):
    """Writes decimals as they are meant: 3000.00."""


_Dumper.add_representer(
    Decimal, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:float", format(number, "f"))
)


def program_text(message: Message) -> str:
    """The YAML of a message; reading it gives an equal message. What is unset is left out."""
    return yaml.dump(_document(message), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def _document(message: Any) -> Any:
    if message.DESCRIPTOR.full_name == "google.type.Date":
        return date(message.year, message.month, message.day)
    return {yaml_spelling(field.name): _value(field, value) for field, value in message.ListFields()}


def _value(field: Any, value: Any) -> Any:
    if field.is_repeated:
        return [_document(item) for item in value]
    if field.message_type is not None:
        return _document(value)
    if field.enum_type is not None:
        return next(word for word, number in choices_of(field.enum_type).items() if number == value)
    decimals = decimals_of(field)
    return Decimal(value).scaleb(-decimals) if decimals else value
