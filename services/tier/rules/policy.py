"""Which tier policies may be applied: every mistake at once, each with its field."""

from collections.abc import Iterator, Sequence

from services.kernel.exact import ONE_BP
from services.kernel.program import Program, decide_program_violations
from services.kernel.refusals import Violation
from services.tier.policy_document import BirthdayRule, Level, Maintenance, TierPolicy, TierSystem
from services.tier.refusals import PolicyRule
from services.tier.rules.joining_terms import decide_joining_violations
from services.tier.rules.ladder import decide_ladder_violations
from services.tier.rules.naming import decide_identity, decide_repeats

SYSTEM_LIMIT = 5
WINDOW_LIMIT_MONTHS = 120
INACTIVE_LIMIT_MONTHS = 120
INVITATION_LIMIT_DAYS = 365
MULTIPLIER_LIMIT_BP = 100 * ONE_BP
PACKAGE_BONUS_LIMIT_BP = ONE_BP


def decide_policy_violations(
    program: Program,
    policy: TierPolicy,
    previous_program: Program | None = None,
    previous_policy: TierPolicy | None = None,
) -> list[Violation]:
    """Everything that forbids applying the policy; empty: it may be applied.

    The previous program is the one applied last, the previous policy the one that this one succeeds: members may
    stand on every level of it, so nothing that it names may disappear. Paths begin with `program.` or `policy.`.
    """
    return [
        *decide_program_violations(program, previous_program),
        *_policy_violations(policy),
        *(_removals(policy, previous_policy) if previous_policy else ()),
    ]


def _policy_violations(policy: TierPolicy) -> Iterator[Violation]:
    if not policy.systems:
        yield Violation("policy.systems", PolicyRule.REQUIRED, "a program needs at least one tier system")
    for position in range(SYSTEM_LIMIT, len(policy.systems)):
        text = f"a program has at most {SYSTEM_LIMIT} tier systems"
        yield Violation(f"policy.systems[{position}]", PolicyRule.AT_MOST_FIVE_SYSTEMS, text)
    yield from decide_repeats(
        "policy.systems", "external_id", [system.external_id for system in policy.systems]
    )
    for position, system in enumerate(policy.systems):
        yield from _system_violations(system, f"policy.systems[{position}]")
    yield from _property_violations(policy)
    yield from decide_joining_violations(policy)
    if not 1 <= policy.invitation_days <= INVITATION_LIMIT_DAYS:
        text = f"an invitation is open for 1 to {INVITATION_LIMIT_DAYS} days, not {policy.invitation_days}"
        yield Violation("policy.invitation_days", PolicyRule.OUT_OF_RANGE, text)


def _system_violations(system: TierSystem, path: str) -> Iterator[Violation]:
    yield from decide_identity(path, "external_id", system.external_id, system.name, "a tier system")
    if system.colour_index < 0:
        yield Violation(f"{path}.colour_index", PolicyRule.OUT_OF_RANGE, "a colour index counts from 0")
    yield from _maintenance_violations(system, path)
    if not 0 <= system.inactive_months <= INACTIVE_LIMIT_MONTHS:
        text = (
            f"members are inactive after up to {INACTIVE_LIMIT_MONTHS} months, not {system.inactive_months}"
        )
        yield Violation(f"{path}.inactive_months", PolicyRule.OUT_OF_RANGE, text)
    yield from decide_repeats(f"{path}.levels", "code", [level.code for level in system.levels])
    for position, level in enumerate(system.levels):
        level_path = f"{path}.levels[{position}]"
        yield from decide_identity(level_path, "code", level.code, level.name, "a level")
        yield from _multiplier_violations(f"{level_path}.multiplier_bp", level.multiplier_bp)
        yield from _bonus_violations(level_path, level, system.birthday)
    yield from decide_ladder_violations(system, path)


def _maintenance_violations(system: TierSystem, path: str) -> Iterator[Violation]:
    if system.maintenance == Maintenance.UNSPECIFIED:
        yield Violation(
            f"{path}.maintenance", PolicyRule.REQUIRED, "say anniversary, reset, continuous or none"
        )
        return
    # A reset system counts from reset to reset and needs no window.
    shortest = 0 if system.maintenance == Maintenance.RESET else 1
    if not shortest <= system.window_months <= WINDOW_LIMIT_MONTHS:
        text = f"activity counts for 1 to {WINDOW_LIMIT_MONTHS} months, not {system.window_months}"
        yield Violation(f"{path}.window_months", PolicyRule.OUT_OF_RANGE, text)
    yield from _reset_violations(system, path)


def _reset_violations(system: TierSystem, path: str) -> Iterator[Violation]:
    if system.maintenance != Maintenance.RESET:
        if system.reset:
            text = "only a system with reset maintenance has resets"
            yield Violation(f"{path}.reset", PolicyRule.RESET_NOT_ENABLED, text)
        return
    if system.reset is None:
        text = "reset maintenance needs a reset with next_reset and repeats"
        yield Violation(f"{path}.reset", PolicyRule.RESET_REQUIRED, text)
        return
    if system.reset.next_reset is None:
        text = "reset maintenance needs the date of the next reset"
        yield Violation(f"{path}.reset.next_reset", PolicyRule.RESET_REQUIRED, text)
    if not system.reset.repeats:
        text = "a reset repeats monthly or yearly"
        yield Violation(f"{path}.reset.repeats", PolicyRule.RESET_REQUIRED, text)


def _property_violations(policy: TierPolicy) -> Iterator[Violation]:
    yield from decide_repeats("policy.properties", "id", [item.id for item in policy.properties])
    for position, item in enumerate(policy.properties):
        path = f"policy.properties[{position}]"
        yield from decide_identity(path, "id", item.id, item.name, "a property")
        yield from _multiplier_violations(f"{path}.multiplier_bp", item.multiplier_bp)


def _multiplier_violations(path: str, said_bp: int | None) -> Iterator[Violation]:
    multiplier_bp = ONE_BP if said_bp is None else said_bp
    if multiplier_bp < ONE_BP:
        text = "a multiplier is never below 1"
        yield Violation(path, PolicyRule.MULTIPLIER_BELOW_ONE, text)
    if multiplier_bp > MULTIPLIER_LIMIT_BP:
        text = f"a multiplier is at most {MULTIPLIER_LIMIT_BP // ONE_BP}"
        yield Violation(path, PolicyRule.MULTIPLIER_ABOVE_LIMIT, text)


def _bonus_violations(path: str, level: Level, birthday: BirthdayRule) -> Iterator[Violation]:
    """Birthday and level together stay within the limit of one multiplier, so that all products have one."""
    birthday_path, birthday_bp = f"{path}.birthday_multiplier_bp", level.birthday_multiplier_bp
    yield from _multiplier_violations(birthday_path, birthday_bp)
    level_bp = ONE_BP if level.multiplier_bp is None else level.multiplier_bp
    together = level_bp * (birthday_bp or 0)
    one_by_one = max(level_bp, birthday_bp or 0) <= MULTIPLIER_LIMIT_BP
    if birthday == BirthdayRule.MULTIPLY and one_by_one and together > MULTIPLIER_LIMIT_BP * ONE_BP:
        text = f"the level's multiplier times this one is at most {MULTIPLIER_LIMIT_BP // ONE_BP}"
        yield Violation(birthday_path, PolicyRule.MULTIPLIER_ABOVE_LIMIT, text)
    if not 0 <= level.package_bonus_bp <= PACKAGE_BONUS_LIMIT_BP:
        text = "a package bonus is a share of 0 to 1 of what packages earn"
        yield Violation(f"{path}.package_bonus_bp", PolicyRule.OUT_OF_RANGE, text)


def _removals(policy: TierPolicy, previous: TierPolicy) -> Iterator[Violation]:
    """What the policy before names and this one does not, and levels that changed places.

    Levels may be inserted anywhere; the others keep their order, or members would move without a reason.
    """
    places = {system.external_id: place for place, system in enumerate(policy.systems)}
    yield from _missing("policy.systems", [system.external_id for system in previous.systems], list(places))
    yield from _missing(
        "policy.properties",
        [item.id for item in previous.properties],
        [item.id for item in policy.properties],
    )
    for before in previous.systems:
        if before.external_id not in places:
            continue
        path = f"policy.systems[{places[before.external_id]}].levels"
        codes = [level.code for level in policy.systems[places[before.external_id]].levels]
        codes_before = [level.code for level in before.levels]
        yield from _missing(path, codes_before, codes)
        kept = [code for code in codes if code in codes_before]
        kept_before = [code for code in codes_before if code in codes]
        for code, expected in zip(kept, kept_before, strict=False):
            if code != expected:
                text = (
                    f"level {expected!r} was removed from its place below {code!r}; levels keep their order"
                )
                yield Violation(f"{path}[{codes.index(code)}].code", PolicyRule.MUST_NOT_BE_REMOVED, text)
                break


def _missing(path: str, before: Sequence[str], now: Sequence[str]) -> Iterator[Violation]:
    for code in before:
        if code not in now:
            text = f"{code!r} was applied before and must stay; members may depend on it"
            yield Violation(path, PolicyRule.MUST_NOT_BE_REMOVED, text)
