"""What everything that a policy names has in common: an id of its own and a name."""

from collections.abc import Iterator, Sequence

from services.kernel.columns import occurrence_numbers
from services.kernel.program import is_code, is_name
from services.kernel.refusals import Violation
from services.tier.refusals import PolicyRule


def decide_identity(path: str, id_field: str, code: str, name: str, noun: str) -> Iterator[Violation]:
    """What is wrong with an id and the name that goes with it."""
    yield from decide_code(f"{path}.{id_field}", code, noun)
    if not is_name(name):
        yield Violation(
            f"{path}.name", PolicyRule.REQUIRED, f"{noun} needs a name of 1 to 200 printable characters"
        )


def decide_code(path: str, code: str, noun: str) -> Iterator[Violation]:
    """What is wrong with an id."""
    if not is_code(code):
        text = f"{noun} needs one, of 1 to 64 printable characters without spaces"
        yield Violation(path, PolicyRule.REQUIRED, text)


def decide_repeats(path: str, field: str, codes: Sequence[str]) -> Iterator[Violation]:
    """Which ids of a list stand in it for a second time."""
    for position, earlier in enumerate(occurrence_numbers(codes)):
        if earlier and codes[position]:
            text = f"{codes[position]!r} is used already"
            yield Violation(f"{path}[{position}].{field}", PolicyRule.MUST_BE_UNIQUE, text)
