"""Why an act on points is refused, with what the caller is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.points.refusals import Reason


@dataclass(frozen=True, slots=True)
class Denial:
    """A refused act; `metadata` names what was missing, beside what the act is about."""

    reason: Reason
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
