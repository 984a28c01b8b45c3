"""The Benefits service in plain Python: what a level is owed for a period, and what was used of it."""

from collections.abc import Sequence
from datetime import date

from tests.reference.allowance import (
    Allowance,
    Holder,
    Use,
    UseAnswer,
    find_opened,
    fresh_allowance,
    is_owed,
    period_around,
)
from tests.reference.identifiers import is_printable
from tests.reference.ladder import AllowanceRule
from tests.reference.member import Move
from tests.reference.program import ReferenceProgram, number_in_force
from tests.reference.tier import ReferenceTier


class ReferenceAllowances:
    """Follows moves. Refusals are names of BenefitsReason, the first in enum order.

    Source: LuxeSpa, Monthly Benefit Allowances; DECISIONS Meanings 15.
    """

    def __init__(self, program: ReferenceProgram) -> None:
        self.program = program
        self.holders: dict[str, Holder] = {}
        self._followed: dict[str, int] = {}
        self._answers: dict[str, tuple[Use, UseAnswer]] = {}

    def follow(self, moves: Sequence[Move]) -> None:
        """Takes in moves in the order of the feed.

        Leaving a level closes its allowances whose period is not over by then; entering one opens
        those of the period around that day in full, and re-opens what is there already as it is.
        """
        for move in moves:
            if move.from_level == move.to_level and move.reason != "ENROLLED":
                continue
            holder = self.holders.get(move.member_id)
            allowances = [] if holder is None else holder.allowances
            entered = Holder(move.tier_system, move.to_level, move.effective_on, allowances)
            self.holders[move.member_id] = entered
            for allowance in allowances:
                if allowance.period_end > move.effective_on:
                    allowance.closed = allowance.level != move.to_level
            self._open_all(entered, move.effective_on)

    def catch_up(self, tier: ReferenceTier) -> None:
        """Follows every move of a ReferenceTier that was not followed yet."""
        for member_id, member in tier.members.items():
            self.follow(member.moves[self._followed.get(member_id, 0) :])
            self._followed[member_id] = len(member.moves)

    def refresh(self, as_of: date) -> Sequence[tuple[str, Allowance]]:
        """Opens what is not open yet of the periods around `as_of`; returns it by member."""
        opened: list[tuple[str, Allowance]] = []
        for member_id in sorted(self.holders):
            allowances = self._open_all(self.holders[member_id], as_of)
            opened.extend((member_id, allowance) for allowance in allowances)
        return opened

    def list(self, member_id: str, as_of: date) -> Sequence[Allowance] | str:
        """The allowances of the periods around a day, by code, level and period.

        Among them those that a refresh or use of that day would open (listed, not opened) and
        those closed because their level was left.
        """
        holder = self.holders.get(member_id)
        if holder is None:
            return "MEMBER_UNKNOWN"
        listed = [each for each in holder.allowances if each.period_start <= as_of < each.period_end]
        listed.extend(self._to_open(holder, as_of))
        return sorted(listed, key=lambda each: (each.code, each.level, each.period_start))

    def use(
        self,
        transaction_id: str,
        member_id: str,
        code: str,
        used_on: date,
        quantity: int = 1,
        value_minor: int = 0,
        today: date | None = None,
    ) -> UseAnswer | str:
        """Takes uses of one allowance; returns what is left or the refusal.

        Above quantity 1 the uses are combined into one service of up to their joint value. Without
        `today` nothing counts as over or in the future.
        """
        wanted = Use(member_id, code, used_on, quantity, value_minor)
        refusal = self._request_refusal(transaction_id, wanted, today)
        if refusal:
            return refusal
        if transaction_id in self._answers:
            return UseAnswer(remaining=self._answers[transaction_id][1]["remaining"], replayed=True)
        holder = self.holders.get(member_id)
        if holder is None:
            return "MEMBER_UNKNOWN"
        found = self._find(holder, wanted, today)
        if isinstance(found, str):
            return found
        remaining = found.granted - found.used
        if quantity > 1 and not found.combinable:
            return "COMBINATION_NOT_ALLOWED"
        if quantity > remaining:
            return "ALLOWANCE_EXHAUSTED"
        if found.value_limit_minor > 0 and value_minor > quantity * found.value_limit_minor:
            return "VALUE_ABOVE_LIMIT"
        if not any(each is found for each in holder.allowances):
            holder.allowances.append(found)
        found.used += quantity
        answer = UseAnswer(remaining=remaining - quantity, replayed=False)
        self._answers[transaction_id] = (wanted, answer)
        return answer

    def _request_refusal(self, transaction_id: str, wanted: Use, today: date | None) -> str:
        if not is_printable(transaction_id):
            return "TRANSACTION_ID_MUST_BE_PRINTABLE"
        if not is_printable(wanted.member_id):
            return "MEMBER_ID_MUST_BE_PRINTABLE"
        if wanted.quantity <= 0:
            return "QUANTITY_MUST_BE_POSITIVE"
        if wanted.value_minor < 0:
            return "VALUE_MUST_NOT_BE_NEGATIVE"
        if today is not None and wanted.used_on > today:
            return "DATE_MUST_NOT_BE_IN_FUTURE"
        if transaction_id in self._answers and self._answers[transaction_id][0] != wanted:
            return "TRANSACTION_ID_REUSED"
        return ""

    def _find(self, holder: Holder, wanted: Use, today: date | None) -> Allowance | str:
        """The allowance to take from, made but not opened where nobody opened it yet; or the refusal."""
        rules = [rule for rule in self._rules(wanted.used_on) if rule.code == wanted.code]
        if not rules:
            return "ALLOWANCE_UNKNOWN"
        owed = [rule for rule in rules if is_owed(rule, holder)]
        if not owed:
            return "LEVEL_REQUIRED"
        start, end = period_around(owed[0], wanted.used_on)
        if end <= holder.level_since or (today is not None and end <= today):
            return "PERIOD_NOT_OPEN"
        return find_opened(holder, owed[0], start) or fresh_allowance(owed[0], wanted.used_on)

    def _to_open(self, holder: Holder, day: date) -> Sequence[Allowance]:
        missing: list[Allowance] = []
        for rule in self._rules(day):
            start, end = period_around(rule, day)
            if (
                is_owed(rule, holder)
                and end > holder.level_since
                and find_opened(holder, rule, start) is None
            ):
                missing.append(fresh_allowance(rule, day))
        return missing

    def _open_all(self, holder: Holder, day: date) -> Sequence[Allowance]:
        opened = self._to_open(holder, day)
        holder.allowances.extend(opened)
        return opened

    def _rules(self, day: date) -> tuple[AllowanceRule, ...]:
        revisions = self.program.benefits
        return revisions[number_in_force(revisions, day) - 1].rules if revisions else ()
