"""The shipped programs with slips of the pen, and what reading and the services find in them."""

from pathlib import Path

from google.rpc.error_details_pb2 import BadRequest

from services.benefits import policy_messages as benefits_messages
from services.benefits.rules import policy as benefits_rules
from services.cli.program_file import ParsedProgram, merge_violations, read_program
from services.points import policy_messages as points_messages
from services.points.rules import policy as points_rules
from services.runtime.program_messages import program_from_proto
from services.tier import policy_messages as tier_messages
from services.tier.rules import policy as tier_rules

PROGRAMS = Path(__file__).parents[2] / "deploy" / "programs"
LUXESPA = (PROGRAMS / "luxespa.yaml").read_text()
ENGAGE = (PROGRAMS / "engage.yaml").read_text()

Found = list[tuple[int, str, str]]


def parsed(text: str | bytes, folder: Path) -> ParsedProgram:
    file = folder / "program.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_program(file)


def checked(program: ParsedProgram) -> ParsedProgram:
    """What the three services answer, merged into what the file's own reading found."""
    message = program.message
    shared = program_from_proto(message.program)
    answers = {
        "tier": tier_rules.decide_policy_violations(shared, tier_messages.policy_from_proto(message.tier)),
        "points": points_rules.decide_policy_violations(
            shared, points_messages.policy_from_proto(message.points)
        ),
        "benefits": benefits_rules.decide_policy_violations(
            shared, benefits_messages.policy_from_proto(message.benefits)
        ),
    }
    for section, violations in answers.items():
        told = [
            BadRequest.FieldViolation(field=found.path, reason=found.rule.name, description=found.text)
            for found in violations
        ]
        program = merge_violations(program, section, told)
    return program


def found_in(program: ParsedProgram) -> Found:
    return [(mistake.line, mistake.path, mistake.rule) for mistake in program.mistakes]


def mistakes_of(text: str | bytes, folder: Path) -> Found:
    return found_in(checked(parsed(text, folder)))


def edited(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1
