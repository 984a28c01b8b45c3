"""From the policies of the reference model to those of the service, and what Hypothesis makes of them."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from services.tier import policy_document as document
from tests.reference.ladder import ONE_BP, Level, System, Thresholds, TierRevision

SPA, GAME, CLUB, GYM = "spa", "game", "club", "gym"
MAINTENANCE = {SPA: "ANNIVERSARY", GAME: "RESET", CLUB: "NONE", GYM: "CONTINUOUS"}
CODES = ("low", "mid", "high", "top")
BASE = date(2024, 1, 1)


def policy_of(revision: TierRevision) -> document.TierPolicy:
    """A revision of the reference as the document that is applied."""
    return document.TierPolicy(
        systems=tuple(_system(system) for system in revision.systems),
        enrolment=document.EnrolmentMode[revision.enrolment],
        properties=tuple(document.Property(name, name, bp) for name, bp in revision.properties.items()),
        default_system=revision.default_system,
        split=_split(revision),
        undoing=document.Undoing[revision.undoing],
    )


def _split(revision: TierRevision) -> document.Split | None:
    if not revision.shares:
        return None
    return document.Split(revision.salt, tuple(document.Share(*share) for share in revision.shares))


def _system(system: System) -> document.TierSystem:
    reset = document.Reset(system.next_reset, document.Repeats[system.repeats or "UNSPECIFIED"])
    return document.TierSystem(
        external_id=system.external_id,
        name=system.external_id,
        maintenance=document.Maintenance[system.maintenance],
        levels=tuple(_level(level) for level in system.levels),
        active=system.active,
        window_months=system.window_months,
        reset=reset if system.maintenance == "RESET" else None,
        inactive_months=system.inactive_months,
        birthday=document.BirthdayRule[system.birthday],
    )


def _level(level: Level) -> document.Level:
    return document.Level(
        code=level.code,
        name=level.code,
        multiplier_bp=level.multiplier_bp,
        entry=_thresholds(level.entry),
        keep=None if level.keep is None else _thresholds(level.keep),
        grace_months=level.grace_months,
        fast_track=level.fast_track,
        by_invitation=level.by_invitation,
        lifetime_years=level.lifetime_years,
        touchpoints=tuple(
            document.Touchpoint(month, f"month-{month}", "Come back") for month in level.touchpoints
        ),
        birthday_multiplier_bp=level.birthday_multiplier_bp,
        package_bonus_bp=level.package_bonus_bp,
    )


def _thresholds(thresholds: Thresholds) -> document.Thresholds:
    return document.Thresholds(thresholds.spend_minor, thresholds.visits, thresholds.points)


@st.composite
def ladders(
    draw: st.DrawFn, maintenance: str, codes: tuple[str, ...] = CODES, fewest: int = 2
) -> tuple[Level, ...]:
    """Levels with thresholds so small that a few purchases move a member up, and a quiet year down.

    The highest may be entered by invitation only, and held for life after a year or two.
    """
    kinds = draw(
        st.sampled_from([("spend_minor", "visits"), ("points",), ("spend_minor", "visits", "points")])
    )
    levels = [draw(bonuses(Level(codes[0], draw(multipliers))))]
    reached = dict.fromkeys(kinds, 0)
    for code in codes[1 : draw(st.integers(fewest, len(codes)))]:
        reached = {kind: value + draw(st.integers(1, 4)) for kind, value in reached.items()}
        keep = st.builds(Thresholds, **{kind: st.integers(1, value) for kind, value in reached.items()})
        grace_months = draw(st.sampled_from([0, 1, 3, 12, 15]))
        level = Level(
            code,
            draw(multipliers),
            Thresholds(**reached),
            keep=draw(keep if maintenance == "RESET" else st.none() | keep),
            grace_months=grace_months,
            fast_track=draw(st.booleans()),
            by_invitation=draw(st.booleans()),
            touchpoints=draw(touchpoints_within(grace_months)),
        )
        levels.append(draw(bonuses(level)))
    top = replace(levels[-1], lifetime_years=draw(st.sampled_from([0, 0, 1, 1, 2])))
    if len(levels) > 2 and draw(st.integers(0, 3)) == 0:
        top = replace(top, entry=Thresholds(), fast_track=False, by_invitation=True)
    return (*levels[:-1], top)


def bonuses(level: Level) -> st.SearchStrategy[Level]:
    """The level with bonuses for birthdays and packages, or without."""
    return st.builds(
        lambda birthday_bp, package_bp: replace(
            level, birthday_multiplier_bp=birthday_bp, package_bonus_bp=package_bp
        ),
        st.sampled_from([None, None, ONE_BP, 20_000, 33_333]),
        st.sampled_from([0, 0, 1_000, 3_333, ONE_BP]),
    )


def touchpoints_within(grace_months: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Months of touchpoints of a grace; none where there is none."""
    if grace_months == 0:
        return st.just(())
    months = st.lists(st.integers(1, grace_months), unique=True, max_size=3)
    return months.map(lambda each: tuple(sorted(each)))


multipliers = st.sampled_from([ONE_BP, 12_500, 15_000, 20_000])
enrolment_modes = st.sampled_from(["EXPLICIT", "ON_FIRST_PURCHASE", "ON_FIRST_PURCHASE"])
birthday_rules = st.sampled_from(["REPLACE", "MULTIPLY"])
anchors = st.sampled_from([date(2024, 1, 31), date(2024, 2, 29), date(2024, 6, 15), date(2025, 1, 1)])


@st.composite
def systems(draw: st.DrawFn, external_id: str, maintenance: str, *, active: bool = True) -> System:
    """A ladder of one kind of maintenance."""
    return System(
        external_id,
        draw(ladders(maintenance)),
        maintenance=maintenance,
        window_months=draw(st.sampled_from([1, 3, 12, 12, 24])),
        next_reset=draw(anchors) if maintenance == "RESET" else None,
        repeats=draw(st.sampled_from(["MONTHLY", "YEARLY"])) if maintenance == "RESET" else "",
        active=active,
        inactive_months=draw(st.sampled_from([0, 1, 6, 24])),
        birthday=draw(birthday_rules),
    )


@st.composite
def first_revisions(draw: st.DrawFn) -> TierRevision:
    """A spa reviewed on anniversaries, a game with resets, a club that reviews nobody and a gym that always does.

    One of them is the default, or all share the members.
    """
    revision = TierRevision(
        effective_from=date(1, 1, 1),
        systems=tuple(draw(systems(name, maintenance)) for name, maintenance in MAINTENANCE.items()),
        properties={"app": draw(multipliers), "web": ONE_BP},
        enrolment=draw(enrolment_modes),
        default_system=draw(st.sampled_from([SPA, SPA, GAME, GAME, CLUB, GYM, GYM])),
        undoing=draw(st.sampled_from(["UNDO", "UNDO", "KEEP"])),
    )
    return draw(st.just(revision) | st.just(revision) | split_over(revision))


def split_over(revision: TierRevision) -> st.SearchStrategy[TierRevision]:
    """The revision with a split in place of its default system."""
    return st.builds(
        lambda salt, spa, game: replace(
            revision, default_system="", salt=salt, shares=((SPA, spa), (GAME, game), (GYM, 100 - spa - game))
        ),
        st.sampled_from(["one", "two"]),
        st.integers(0, 50),
        st.integers(0, 50),
    )


@st.composite
def next_revisions(draw: st.DrawFn, before: TierRevision, since: date) -> TierRevision:
    """A revision with other multipliers, thresholds or maintenance; or with a system switched off or on.

    It may have an end: then it adds nothing.
    """
    until = since + timedelta(days=draw(st.sampled_from([1, 31, 200]))) if draw(st.booleans()) else None
    edited = [draw(_edited(system, may_add=until is None)) for system in before.systems]
    properties = {name: draw(st.just(bp) | multipliers) for name, bp in before.properties.items()}
    if until is None and draw(st.booleans()):
        properties["kiosk"] = draw(multipliers)
    revision = TierRevision(
        effective_from=since,
        systems=tuple(edited),
        properties=properties,
        enrolment=draw(enrolment_modes),
        default_system=draw(st.sampled_from([SPA, GAME, GYM])),
        effective_until=until,
        undoing=draw(st.sampled_from(["UNDO", "UNDO", "KEEP"])),
    )
    return draw(st.just(revision) | st.just(revision) | split_over(revision))


@st.composite
def _edited(draw: st.DrawFn, system: System, *, may_add: bool) -> System:
    changes = ["nothing", "levels", "active", "maintenance", "maintenance", "inactivity", "birthday"]
    changes.append("new level")
    change = draw(st.sampled_from(changes if may_add else changes[:-1]))
    codes = tuple(level.code for level in system.levels)
    if change == "nothing":
        return system
    if change == "active":
        return replace(system, active=not system.active)
    if change == "inactivity":
        return replace(system, inactive_months=draw(st.sampled_from([0, 1, 12])))
    if change == "birthday":
        return replace(system, birthday=draw(birthday_rules))
    if change == "maintenance":
        other = draw(st.sampled_from(list(MAINTENANCE.values())))
        edited = draw(systems(system.external_id, other, active=system.active))
        return replace(edited, levels=system.levels)
    if change == "new level" and "new" not in codes:
        place = draw(st.integers(0, len(codes)))
        codes = (*codes[:place], "new", *codes[place:])
    return replace(system, levels=draw(ladders(system.maintenance, codes, fewest=len(codes))))
