"""What is wrong with a file as a whole, and what is wrong with one row of it."""

from collections.abc import Iterable
from enum import StrEnum


class RowReason(StrEnum):
    """Why a row is rejected before any service is asked; the services' own reasons come beside these."""

    ROW_MUST_FIT_HEADER = "ROW_MUST_FIT_HEADER"
    QUOTES_MUST_BE_CLOSED = "QUOTES_MUST_BE_CLOSED"
    TEXT_MUST_BE_UTF_8 = "TEXT_MUST_BE_UTF_8"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    AMOUNT_MUST_BE_A_PLAIN_NUMBER = "AMOUNT_MUST_BE_A_PLAIN_NUMBER"
    DECIMALS_ABOVE_LIMIT = "DECIMALS_ABOVE_LIMIT"
    NUMBER_MUST_BE_WHOLE = "NUMBER_MUST_BE_WHOLE"
    NUMBER_OUT_OF_RANGE = "NUMBER_OUT_OF_RANGE"
    TIME_MUST_BE_VALID = "TIME_MUST_BE_VALID"
    DATE_MUST_BE_VALID = "DATE_MUST_BE_VALID"


class BadRow(Exception):
    """One row cannot be sent: the reason, and what is the matter in words."""

    def __init__(self, reason: RowReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


class BadFile(Exception):
    """Nothing of the file can be sent: every mistake, one sentence each."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("\n".join(self.mistakes))
