"""Refusals as data: what a rule found wrong, and where."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class Violation:
    """One mistake in a policy: the field at fault, the rule it breaks, and the requirement in words.

    `path` is written like `policy.systems[0].levels[2].multiplier_bp`.
    """

    path: str
    rule: IntEnum
    text: str
