"""The policies as plain data: names are those of the protos, enum values without their prefix."""

from dataclasses import dataclass, field
from datetime import date

ONE_BP = 10_000


@dataclass(frozen=True)
class Activity:
    """Sums of what qualifies; spend in minor units."""

    spend_minor: int = 0
    visits: int = 0
    points: int = 0


@dataclass(frozen=True)
class Thresholds:
    """Activity that suffices; a threshold left at 0 is not a way in, any one suffices."""

    spend_minor: int = 0
    visits: int = 0
    points: int = 0

    def is_empty(self) -> bool:
        """Whether there is no way in at all."""
        return self.spend_minor == 0 and self.visits == 0 and self.points == 0

    def reached_by(self, counted: Activity) -> bool:
        """Whether any threshold is reached; exactly meeting one is enough."""
        if self.spend_minor > 0 and counted.spend_minor >= self.spend_minor:
            return True
        if self.visits > 0 and counted.visits >= self.visits:
            return True
        return self.points > 0 and counted.points >= self.points


@dataclass(frozen=True)
class Level:
    """One rung; `keep` None: as `entry` with ANNIVERSARY, nothing with RESET maintenance. NONE keeps all."""

    code: str
    multiplier_bp: int = ONE_BP
    entry: Thresholds = Thresholds()
    keep: Thresholds | None = None
    grace_months: int = 0
    fast_track: bool = False
    by_invitation: bool = False
    lifetime_years: int = 0
    touchpoints: tuple[int, ...] = ()
    birthday_multiplier_bp: int | None = None
    package_bonus_bp: int = 0


@dataclass(frozen=True)
class System:
    """A ladder; maintenance NONE, ANNIVERSARY, RESET or CONTINUOUS; repeats MONTHLY or YEARLY.

    The birthday month's multiplier comes in place of that of the level (REPLACE) or on top of it (MULTIPLY).
    """

    external_id: str
    levels: tuple[Level, ...]
    maintenance: str = "ANNIVERSARY"
    window_months: int = 12
    next_reset: date | None = None
    repeats: str = ""
    active: bool = True
    inactive_months: int = 0
    birthday: str = "REPLACE"

    def rank_of(self, code: str) -> int:
        """Rank of a level, 0 the lowest; LookupError where the ladder has no such level."""
        for rank, level in enumerate(self.levels):
            if level.code == code:
                return rank
        raise LookupError(code)

    def keep_of(self, rank: int) -> Thresholds:
        """What keeping a level takes; empty: nothing."""
        level = self.levels[rank]
        if self.maintenance == "NONE":
            return Thresholds()
        if level.keep is not None and not level.keep.is_empty():
            return level.keep
        return Thresholds() if self.maintenance == "RESET" else level.entry

    def keeps(self, rank: int, counted: Activity) -> bool:
        """Whether what counts keeps a level; exactly meeting a threshold is enough.

        Where the policy says nothing, nothing is needed. Source: DECISIONS Meanings 7 and 12.
        """
        keep = self.keep_of(rank)
        return rank == 0 or keep.is_empty() or keep.reached_by(counted)

    def attained_rank(self, counted: Activity) -> int:
        """The highest level that what counts attains, else the lowest (DECISIONS Meanings 18)."""
        for rank in range(len(self.levels) - 1, 0, -1):
            if self.levels[rank].entry.reached_by(counted):
                return rank
        return 0


@dataclass(frozen=True)
class TierRevision:
    """A tier policy; `properties` maps property ids to multipliers in basis points.

    It is in force until `effective_until`, exclusive, or until another succeeds it. `shares` of a split are system
    and percent; without shares there is no split.
    """

    effective_from: date
    systems: tuple[System, ...]
    properties: dict[str, int] = field(default_factory=dict)
    enrolment: str = "EXPLICIT"
    default_system: str = ""
    effective_until: date | None = None
    undoing: str = "UNDO"
    salt: str = ""
    shares: tuple[tuple[str, int], ...] = ()

    def system(self, external_id: str) -> System | None:
        """The system of that external id, if the revision has it."""
        for system in self.systems:
            if system.external_id == external_id:
                return system
        return None


@dataclass(frozen=True)
class AllowanceRule:
    """A quota for one level; period MONTHLY or EVERY_14_DAYS; value limit 0: none."""

    code: str
    tier_system: str
    level: str
    quantity: int
    period: str
    value_limit_minor: int = 0
    anchor: date | None = None
    combinable: bool = False


@dataclass(frozen=True)
class BenefitsRevision:
    """What each level is owed."""

    effective_from: date
    rules: tuple[AllowanceRule, ...]
