"""Program files: read whole, every mistake at once, each with its line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import yaml
from google.rpc.error_details_pb2 import BadRequest

from carat.operations.v1.program_pb2 import ProgramFile
from services.cli.mistakes import Findings, Mistake, ShapeRule, yaml_spelling
from services.cli.yaml_walker import fill_message


class _OfLevel(Protocol):
    """What a program file says of one level."""

    tier_system: str
    level: str


@dataclass(frozen=True, slots=True)
class ParsedProgram:
    """A program file as far as it could be read; it may be applied only without mistakes.

    `lines` tells where each field stands, by its path in proto field names (`tier.systems[0].name`);
    `doubtful` are the paths whose value could not be read and is unset in the message.
    """

    message: ProgramFile
    lines: dict[str, int]
    mistakes: list[Mistake]
    doubtful: frozenset[str]


def read_program(path: Path | str) -> ParsedProgram:
    """Reads a program file; never raises for what is wrong with it."""
    message, findings = ProgramFile(), Findings()
    node = _root_node(Path(path), findings)
    if node is not None:
        fill_message(message, node, "", findings)
        _check_sections(message, findings)
        _check_references(message, findings)
    return ParsedProgram(
        message, findings.lines, sorted(set(findings.mistakes)), frozenset(findings.doubtful)
    )


def merge_violations(
    parsed: ParsedProgram, section: str, violations: Iterable[BadRequest.FieldViolation]
) -> ParsedProgram:
    """Adds what a service found wrong; `section` (tier, points, benefits) is the key of its policy.

    Left out is what is at, below or above a field that could not be read: the service has not seen its value.
    """
    merged = set(parsed.mistakes)
    for violation in violations:
        path = re.sub(r"^policy(?=[.\[]|$)", section, violation.field)
        if not any(_is_within(path, doubtful) or _is_within(doubtful, path) for doubtful in parsed.doubtful):
            line = _line_of(path, parsed.lines)
            merged.add(Mistake(line, yaml_spelling(path), violation.reason, violation.description))
    return replace(parsed, mistakes=sorted(merged))


def _root_node(path: Path, findings: Findings) -> yaml.Node | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        findings.note_unread(1, "", ShapeRule.FILE_MUST_BE_READABLE, error.strerror or "cannot be read")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        findings.note_unread(line, "", ShapeRule.FILE_MUST_BE_UTF_8, "has bytes that are no UTF-8 text")
        return None
    return _composed(text, findings)


def _composed(text: str, findings: Findings) -> yaml.Node | None:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        findings.note_unread(mark.line + 1 if mark else 1, "", ShapeRule.YAML_MUST_BE_VALID, said)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        findings.note_unread(line, "", ShapeRule.YAML_MUST_BE_VALID, "has a control character")
    except RecursionError:
        findings.note_unread(1, "", ShapeRule.YAML_MUST_BE_VALID, "is nested too deeply")
    else:
        if node is None:
            findings.note_unread(1, "", ShapeRule.VALUE_REQUIRED, "the file is empty")
        return node
    return None


def _check_sections(message: ProgramFile, findings: Findings) -> None:
    """A section left out would take away all that was applied of it: to end everything, it is written empty."""
    sections = [field.name for field in message.DESCRIPTOR.fields]
    text = f"is left out; a program file says {', '.join(sections)}, and {{}} where there is nothing to say"
    for section in sections:
        if section not in findings.lines and findings.doubtful.isdisjoint({"", section}):
            findings.note_unread(_line_of(section, findings.lines), section, ShapeRule.VALUE_REQUIRED, text)


def _check_references(message: ProgramFile, findings: Findings) -> None:
    """Allowances and bonuses name levels: no service sees both, and a misspelt level would be owed nothing."""
    levels = {system.external_id: [level.code for level in system.levels] for system in message.tier.systems}
    if not levels or any(_hides_levels(path) for path in findings.doubtful):
        return
    named = [
        *_numbered("points.bonuses", message.points.bonuses),
        *_numbered("benefits.allowances", message.benefits.allowances),
    ]
    for path, rule in named:
        if rule.tier_system and rule.tier_system not in levels:
            path, broken = f"{path}.tier_system", ShapeRule.TIER_SYSTEM_UNKNOWN
            text = f"{rule.tier_system!r} is not one of the tier systems {', '.join(levels)}"
        elif rule.tier_system and rule.level and rule.level not in levels[rule.tier_system]:
            path, broken = f"{path}.level", ShapeRule.LEVEL_UNKNOWN
            text = f"{rule.level!r} is not one of the levels {', '.join(levels[rule.tier_system])}"
        else:
            continue
        findings.note(_line_of(path, findings.lines), path, broken, text)


def _numbered(path: str, rules: Iterable[_OfLevel]) -> list[tuple[str, _OfLevel]]:
    return [(f"{path}[{position}]", rule) for position, rule in enumerate(rules)]


def _hides_levels(doubtful: str) -> bool:
    last_name = re.sub(r"\[[0-9]+\]$", "", doubtful).rpartition(".")[2]
    return doubtful.startswith("tier") and last_name in ("tier", "systems", "external_id", "levels", "code")


def _is_within(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}[")) or not other


def _line_of(path: str, lines: dict[str, int]) -> int:
    """The line of the field, or of the nearest thing around it that the file has."""
    return lines[max((known for known in lines if _is_within(path, known)), key=len)] if lines else 1
