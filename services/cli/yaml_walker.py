"""Fills any message from YAML nodes, noting every mistake and the line of every field."""

from difflib import get_close_matches
from typing import Any

import yaml
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from services.cli.mistakes import Findings, ShapeRule, yaml_spelling
from services.cli.yaml_scalars import ShapeError, read_date, read_scalar

_DATE_TYPE = "google.type.Date"
_NULL_TAG = "tag:yaml.org,2002:null"


def fill_message(message: Message, node: yaml.Node, path: str, findings: Findings) -> None:
    """Fills the message from a mapping whose keys are its fields.

    `path` is where the message stands, "" the root. What cannot be read is noted and left unset.
    """
    findings.lines.setdefault(path, _line(node))
    if not isinstance(node, yaml.MappingNode):
        findings.note_unread(
            _line(node), path, ShapeRule.TYPE_MUST_FIT, f"{_keys_of(message.DESCRIPTOR)} are wanted here"
        )
        return
    fields = _fields_of(message.DESCRIPTOR)
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        field = fields.get(key)
        if field is None:
            _report_unknown_key(key_node, fields, path, findings)
        elif key in seen:
            text = f"is written on line {seen[key]} already"
            findings.note_unread(
                _line(key_node), _joined(path, field.name), ShapeRule.KEY_MUST_BE_UNIQUE, text
            )
        else:
            seen[key] = findings.lines[_joined(path, field.name)] = _line(key_node)
            _fill_field(message, field, value_node, _joined(path, field.name), findings)


def _fill_field(
    message: Message, field: FieldDescriptor, node: yaml.Node, path: str, findings: Findings
) -> None:
    if node.tag == _NULL_TAG:
        text = "has no value; write one, or take the key out"
        findings.note_unread(findings.lines[path], path, ShapeRule.VALUE_REQUIRED, text)
    elif field.is_repeated:
        _fill_list(message, field, node, path, findings)
    elif field.message_type is None or field.message_type.full_name == _DATE_TYPE:
        _fill_value(message, field, node, path, findings)
    elif isinstance(node, yaml.MappingNode):
        part: Message = getattr(message, field.name)
        part.SetInParent()
        fill_message(part, node, path, findings)
    else:
        wanted = f"{_keys_of(field.message_type)} are wanted below this key"
        findings.note_unread(_line(node), path, ShapeRule.TYPE_MUST_FIT, wanted)


def _fill_list(
    message: Message, field: FieldDescriptor, node: yaml.Node, path: str, findings: Findings
) -> None:
    if field.message_type is None or field.message_type.GetOptions().map_entry:
        raise TypeError(f"{field.full_name}: only lists of messages can be written in a program file")
    if not isinstance(node, yaml.SequenceNode):
        text = "a list is wanted: one item below the other, each behind a dash"
        findings.note_unread(_line(node), path, ShapeRule.TYPE_MUST_FIT, text)
        return
    for position, item in enumerate(node.value):
        # An item that cannot be read still takes its place, or those after it would get its number.
        fill_message(getattr(message, field.name).add(), item, f"{path}[{position}]", findings)


def _fill_value(
    message: Message, field: FieldDescriptor, node: yaml.Node, path: str, findings: Findings
) -> None:
    try:
        if not isinstance(node, yaml.ScalarNode):
            raise ShapeError(ShapeRule.TYPE_MUST_FIT, "a single value is wanted here")
        if field.message_type is None:
            setattr(message, field.name, read_scalar(field, node))
        else:
            day, target = read_date(node), getattr(message, field.name)
            target.year, target.month, target.day = day.year, day.month, day.day
    except ShapeError as error:
        findings.note_unread(_line(node), path, error.rule, error.text)


def _report_unknown_key(
    key_node: yaml.Node, fields: dict[str, FieldDescriptor], path: str, findings: Findings
) -> None:
    key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "(not a word)"
    nearest = get_close_matches(key, fields, n=1)
    text = f"did you mean {nearest[0]}?" if nearest else f"the keys here are {', '.join(fields)}"
    findings.note(_line(key_node), _joined(path, key), ShapeRule.KEY_UNKNOWN, text)
    if nearest:
        findings.doubtful.add(_joined(path, fields[nearest[0]].name))


def _fields_of(descriptor: Any) -> dict[str, FieldDescriptor]:
    return {yaml_spelling(field.name): field for field in descriptor.fields}


def _keys_of(descriptor: Any) -> str:
    return "the keys " + ", ".join(_fields_of(descriptor))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
