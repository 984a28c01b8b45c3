"""What is wrong with a program file, told by line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final


class ShapeRule(StrEnum):
    """The rules that a program file breaks before any service is asked."""

    FILE_MUST_BE_READABLE = "FILE_MUST_BE_READABLE"
    FILE_MUST_BE_UTF_8 = "FILE_MUST_BE_UTF_8"
    YAML_MUST_BE_VALID = "YAML_MUST_BE_VALID"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    KEY_MUST_BE_UNIQUE = "KEY_MUST_BE_UNIQUE"
    VALUE_REQUIRED = "VALUE_REQUIRED"
    TYPE_MUST_FIT = "TYPE_MUST_FIT"
    NUMBER_MUST_BE_PLAIN = "NUMBER_MUST_BE_PLAIN"
    DECIMALS_ABOVE_LIMIT = "DECIMALS_ABOVE_LIMIT"
    NUMBER_OUT_OF_RANGE = "NUMBER_OUT_OF_RANGE"
    CHOICE_UNKNOWN = "CHOICE_UNKNOWN"
    DATE_MUST_BE_VALID = "DATE_MUST_BE_VALID"
    TIER_SYSTEM_UNKNOWN = "TIER_SYSTEM_UNKNOWN"
    LEVEL_UNKNOWN = "LEVEL_UNKNOWN"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake: line (from 1), path as the file spells it, the rule broken, the requirement in words."""

    line: int
    path: str
    rule: str
    text: str


@dataclass(slots=True)
class Findings:
    """What reading a file found out; paths are spelled with proto field names.

    `lines` is where each field stands, `doubtful` are the fields whose value could not be read.
    """

    lines: dict[str, int] = field(default_factory=dict[str, int])
    mistakes: list[Mistake] = field(default_factory=list[Mistake])
    doubtful: set[str] = field(default_factory=set[str])

    def note(self, line: int, path: str, rule: ShapeRule, text: str) -> None:
        """Notes a mistake."""
        self.mistakes.append(Mistake(line, yaml_spelling(path), rule, text))

    def note_unread(self, line: int, path: str, rule: ShapeRule, text: str) -> None:
        """Notes a mistake that leaves the value of its field unknown."""
        self.note(line, path, rule, text)
        self.doubtful.add(path)


def yaml_spelling(path: str) -> str:
    """A field path as the file spells it: without `_minor` and `_bp`."""
    return re.sub(r"_(minor|bp)(?=[.\[]|$)", "", path)


_OPTIONS: Final = {"effective_from": "--from", "effective_until": "--until"}
"""The fields of a proposal that no program file has, by the option that gives them."""


def render(mistakes: Iterable[Mistake], file: Path | str) -> list[str]:
    """A line of text for each mistake, in the form that editors follow: `file:line: path: RULE: text`.

    What an option of the command says is told by the option: it stands in no line.
    """
    return [
        ": ".join(part for part in (*_place(mistake, file), mistake.rule, mistake.text) if part)
        for mistake in mistakes
    ]


def _place(mistake: Mistake, file: Path | str) -> tuple[str, ...]:
    if mistake.path in _OPTIONS:
        return (_OPTIONS[mistake.path],)
    return f"{file}:{mistake.line}", mistake.path
