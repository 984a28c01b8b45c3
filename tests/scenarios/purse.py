"""Whose points a story is about, and what was done with them so far."""

from dataclasses import dataclass, field

from tests.scenarios.runner import RunnerOfPoints
from tests.scenarios.story import Purchase


@dataclass
class Purse:
    """Points of one member and of the other persons of the story; every act has an id of its own.

    `bought` are the purchases of the story, `payments` the ids of redemptions and authorisations, in their order.
    """

    runner: RunnerOfPoints
    member_id: str
    bought: list[Purchase]
    acts: int = 0
    payments: list[str] = field(default_factory=list)
    merge_id: str = ""
    has_household: bool = False

    @property
    def household(self) -> str:
        """The id of the household's pool."""
        return f"{self.member_id}-household"

    def next_id(self) -> str:
        """The id of the next act."""
        self.acts += 1
        return f"{self.member_id}-act-{self.acts}"
