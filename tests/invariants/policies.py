"""From the policies of the reference model to those of the service, and what Hypothesis makes of them."""

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from services.tier import policy_document as document
from tests.reference.ladder import ONE_BP, Level, System, Thresholds, TierRevision

SPA, GAME, CLUB = "spa", "game", "club"
CODES = ("low", "mid", "high", "top")
BASE = date(2024, 1, 1)


def policy_of(revision: TierRevision) -> document.TierPolicy:
    """A revision of the reference as the document that is applied."""
    return document.TierPolicy(
        systems=tuple(_system(system) for system in revision.systems),
        enrolment=document.EnrolmentMode[revision.enrolment],
        properties=tuple(document.Property(name, name, bp) for name, bp in revision.properties.items()),
        default_system=revision.default_system,
    )


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
    )


def _thresholds(thresholds: Thresholds) -> document.Thresholds:
    return document.Thresholds(thresholds.spend_minor, thresholds.visits, thresholds.points)


@st.composite
def ladders(
    draw: st.DrawFn, maintenance: str, codes: tuple[str, ...] = CODES, fewest: int = 2
) -> tuple[Level, ...]:
    """Levels with thresholds so small that a few purchases move a member up, and a quiet year down."""
    kinds = draw(
        st.sampled_from([("spend_minor", "visits"), ("points",), ("spend_minor", "visits", "points")])
    )
    levels = [Level(codes[0], draw(multipliers))]
    reached = dict.fromkeys(kinds, 0)
    for code in codes[1 : draw(st.integers(fewest, len(codes)))]:
        reached = {kind: value + draw(st.integers(1, 4)) for kind, value in reached.items()}
        keep = st.builds(Thresholds, **{kind: st.integers(1, value) for kind, value in reached.items()})
        levels.append(
            Level(
                code,
                draw(multipliers),
                Thresholds(**reached),
                keep=draw(keep if maintenance == "RESET" else st.none() | keep),
                grace_months=draw(st.sampled_from([0, 1, 3, 12, 15])),
                fast_track=draw(st.booleans()),
            )
        )
    return tuple(levels)


multipliers = st.sampled_from([ONE_BP, 12_500, 15_000, 20_000])
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
    )


@st.composite
def first_revisions(draw: st.DrawFn) -> TierRevision:
    """A spa reviewed on anniversaries, a game with resets and a club without either, one of them the default."""
    return TierRevision(
        effective_from=date(1, 1, 1),
        systems=(
            draw(systems(SPA, "ANNIVERSARY")),
            draw(systems(GAME, "RESET")),
            draw(systems(CLUB, "NONE")),
        ),
        properties={"app": draw(multipliers), "web": ONE_BP},
        enrolment=draw(st.sampled_from(["EXPLICIT", "ON_FIRST_PURCHASE", "ON_FIRST_PURCHASE"])),
        default_system=draw(st.sampled_from([SPA, SPA, GAME, GAME, CLUB])),
    )


@st.composite
def next_revisions(draw: st.DrawFn, before: TierRevision, since: date) -> TierRevision:
    """A revision with other multipliers, thresholds or maintenance; or with a system switched off or on."""
    edited = [draw(_edited(system)) for system in before.systems]
    properties = {name: draw(multipliers) for name in before.properties}
    if draw(st.booleans()):
        properties["kiosk"] = draw(multipliers)
    return TierRevision(
        effective_from=since,
        systems=tuple(edited),
        properties=properties,
        enrolment=draw(st.sampled_from(["EXPLICIT", "ON_FIRST_PURCHASE"])),
        default_system=draw(st.sampled_from([SPA, GAME])),
    )


@st.composite
def _edited(draw: st.DrawFn, system: System) -> System:
    change = draw(st.sampled_from(["nothing", "levels", "active", "maintenance", "new level"]))
    codes = tuple(level.code for level in system.levels)
    if change == "nothing":
        return system
    if change == "active":
        return replace(system, active=not system.active)
    if change == "maintenance":
        other = draw(st.sampled_from(["ANNIVERSARY", "RESET", "NONE"]))
        edited = draw(systems(system.external_id, other, active=system.active))
        return replace(edited, levels=system.levels)
    if change == "new level" and "new" not in codes:
        place = draw(st.integers(0, len(codes)))
        codes = (*codes[:place], "new", *codes[place:])
    return replace(system, levels=draw(ladders(system.maintenance, codes, fewest=len(codes))))
