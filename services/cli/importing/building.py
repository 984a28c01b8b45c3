"""Rows as the messages that are sent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from carat.points.v1.adjustment_pb2 import OpeningBalance
from carat.points.v1.purchase_pb2 import Amounts, Purchase
from carat.points.v1.reversal_pb2 import CreditNote
from carat.tier.v1.member_pb2 import Member
from services.cli.importing.findings import BadFile, BadRow, RowReason
from services.cli.importing.layouts import Columns
from services.cli.importing.values import (
    AmountUnit,
    amount_minor,
    calendar_day,
    instant,
    plain_text,
    points_number,
    whole_number,
)
from services.cli.quoting import shown

M = TypeVar("M", bound=Purchase | Member | OpeningBalance | CreditNote)
Put = Callable[[Any, str], None]
"""Puts the text of a column into its field of a message; raises BadRow."""


class Builds(Protocol[M]):
    """Makes the messages of rows.

    `key` tells what a batch must not hold twice, `moment` where a message stands in time, which is nowhere if the
    order of rows does not matter.
    """

    def key(self, message: M, /) -> str: ...

    def moment(self, message: M, /) -> int: ...

    def build(self, values: Sequence[str]) -> M:
        """The message of one row; raises BadRow, which names the field."""
        ...


class Builder(Generic[M]):
    """Makes messages of one kind: constants first, then what the columns say.

    Raises BadFile for a constant that no field takes.
    """

    def __init__(
        self,
        empty: M,
        puts: Mapping[str, Put],
        columns: Columns,
        key: Callable[[M], str],
        moment: Callable[[M], int],
    ) -> None:
        self.key = key
        self.moment = moment
        self._new = type(empty)
        self._puts = [(position, name, puts[name]) for name, position in columns.fields.items()]
        self._template: Any = empty
        mistakes = []
        for name, text in columns.constants.items():
            try:
                puts[name](empty, _encodable(text))
            except BadRow as bad:
                mistakes.append(f"--set {name}: {bad.text}")
        if mistakes:
            raise BadFile(mistakes)

    def build(self, values: Sequence[str]) -> M:
        """The message of one row; raises BadRow, which names the field."""
        message = self._new()
        message.CopyFrom(self._template)
        for position, name, put in self._puts:
            try:
                put(message, _encodable(values[position]))
            except BadRow as bad:
                raise BadRow(bad.reason, f"{name}: {bad.text}") from bad
        return message


def member_builder(columns: Columns) -> Builder[Member]:
    """Makes enrolments."""
    return Builder(Member(), _MEMBER, columns, lambda member: member.member_id, lambda _: 0)


def balance_builder(columns: Columns) -> Builder[OpeningBalance]:
    """Makes opening balances."""
    return Builder(OpeningBalance(), _BALANCE, columns, lambda balance: balance.transaction_id, lambda _: 0)


def purchase_builder(columns: Columns, unit: AmountUnit, zone: ZoneInfo) -> Builder[Purchase]:
    """Makes purchases; amounts are in the unit, times without an offset in the zone."""
    return Builder(
        Purchase(),
        _sale_puts(unit, zone) | {"transaction_id": _text_put("transaction_id")},
        columns,
        lambda purchase: purchase.transaction_id,
        lambda purchase: purchase.occurred_at.seconds,
    )


def credit_note_builder(columns: Columns, unit: AmountUnit, zone: ZoneInfo) -> Builder[CreditNote]:
    """Makes credit notes of the columns of purchases; it does not matter where one was written."""
    own: dict[str, Put] = {
        "transaction_id": _text_put("credit_note_id"),
        "property_id": lambda _, text: None,
    }
    return Builder(
        CreditNote(),
        _sale_puts(unit, zone) | own,
        columns,
        lambda note: note.credit_note_id,
        lambda note: note.occurred_at.seconds,
    )


def _sale_puts(unit: AmountUnit, zone: ZoneInfo) -> dict[str, Put]:
    puts: dict[str, Put] = {
        "member_id": _text_put("member_id"),
        "property_id": _text_put("property_id"),
        "currency": _text_put("currency"),
        "treatments": _put_treatments,
        "occurred_at": lambda message, text: message.occurred_at.CopyFrom(instant(text, zone)),
    }
    return puts | {name: _amount_put(name, unit) for name in Amounts.DESCRIPTOR.fields_by_name}


def _text_put(name: str) -> Put:
    return lambda message, text: setattr(message, name, plain_text(text))


def _amount_put(name: str, unit: AmountUnit) -> Put:
    def put(message: Any, text: str) -> None:
        if text:
            setattr(message.amounts, name, amount_minor(text, unit))

    return put


def _put_treatments(message: Any, text: str) -> None:
    if text:
        message.treatments = whole_number(text)


def _put_birthday(message: Any, text: str) -> None:
    if text:
        message.birthday.CopyFrom(calendar_day(text))


_MEMBER: Final[Mapping[str, Put]] = {
    "member_id": _text_put("member_id"),
    "enrolled_on": lambda message, text: message.enrolled_on.CopyFrom(calendar_day(text)),
    "tier_system": _text_put("tier_system"),
    "birthday": _put_birthday,
}


def _put_points(message: Any, text: str) -> None:
    message.points = points_number(text)


def _put_day_earned(message: Any, text: str) -> None:
    if text:
        message.earned_on.CopyFrom(calendar_day(text))


_BALANCE: Final[Mapping[str, Put]] = {
    "transaction_id": _text_put("transaction_id"),
    "member_id": _text_put("member_id"),
    "points": _put_points,
    "earned_on": _put_day_earned,
}


def _encodable(text: str) -> str:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise BadRow(RowReason.TEXT_MUST_BE_UTF_8, f"{shown(text)} has bytes that are no UTF-8 text")
    return text
