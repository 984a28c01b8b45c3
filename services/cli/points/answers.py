"""How the commands of `carat points` tell what became of an act."""

from google.protobuf.message import Message
from rich.console import Console
from rich.markup import escape

from services.cli.documents import document, show_json


def show_answer(answer: Message, sentence: str, as_json: bool) -> None:
    """The whole answer for machines, else a sentence on one line however long; names are told as they are."""
    if as_json:
        show_json(document(answer))
    else:
        Console(highlight=False).print(escape(sentence), soft_wrap=True)
