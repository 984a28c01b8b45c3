"""Whole columns in PostgreSQL's binary array format, without a Python call per element."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import psycopg.adapt
import pyarrow as pa
from numpy.typing import NDArray
from psycopg import pq

from services.kernel.calendar import NEVER

_OID_OF_ELEMENT = {
    "int2": (21, 1005),
    "int4": (23, 1007),
    "int8": (20, 1016),
    "bool": (16, 1000),
    "date": (1082, 1182),
    "text": (25, 1009),
    "bytea": (17, 1001),
}
_ELEMENT_OF_DTYPE = {"int16": "int2", "int32": "int4", "int64": "int8", "bool": "bool"}
_BIG_ENDIAN = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "bool": "?", "date": ">i4"}
_DAYS_FROM_1970_TO_2000 = 10957


class DayArray:
    """Day numbers that PostgreSQL shall see as dates; NEVER becomes NULL."""

    def __init__(self, days: NDArray[np.int32]) -> None:
        self.days = days


class _ArrayDumper(psycopg.adapt.Dumper):
    """One NumPy column in PostgreSQL's binary array format, without a Python object per element."""

    format = pq.Format.BINARY
    element = ""

    def dump(self, obj: Any) -> bytes:
        element_oid, _ = _OID_OF_ELEMENT[self.element]
        return _binary_array(obj, self.element, element_oid)


def _binary_array(values: NDArray[Any], element: str, element_oid: int) -> bytes:
    rows = np.empty(len(values), dtype=[("length", ">i4"), ("value", _BIG_ENDIAN[element])])
    rows["length"] = rows.dtype["value"].itemsize
    rows["value"] = values
    return _array_head(len(values), element_oid) + rows.tobytes()


def _array_head(count: int, element_oid: int) -> bytes:
    """Dimensions, no NULLs, the element's type, then the bounds of the one dimension, if there is any element."""
    head = [1, 0, element_oid, count, 1] if count else [0, 0, element_oid]
    return np.array(head, dtype=">i4").tobytes()


class _DayDumper(psycopg.adapt.Dumper):
    format = pq.Format.BINARY
    oid = _OID_OF_ELEMENT["date"][1]

    def dump(self, obj: Any) -> bytes:
        days = obj.days
        if not np.any(days == NEVER):
            return _binary_array(days - _DAYS_FROM_1970_TO_2000, "date", _OID_OF_ELEMENT["date"][0])
        return _nullable_dates(days)


def _nullable_dates(days: NDArray[np.int32]) -> bytes:
    head = np.array([1, 1, _OID_OF_ELEMENT["date"][0], len(days), 1], dtype=">i4")
    never = days == NEVER
    rows = np.empty((len(days), 2), dtype=">i4")
    rows[:, 0] = np.where(never, -1, 4)
    rows[:, 1] = np.where(never, 0, days - _DAYS_FROM_1970_TO_2000)
    kept = np.ones_like(rows, dtype=np.bool_)
    kept[:, 1] = ~never
    return head.tobytes() + rows[kept].tobytes()


class TextArray:
    """Strings that shall go in as one binary array, without a Python call per element."""

    def __init__(self, texts: Any) -> None:
        self.texts = texts


class _TextDumper(psycopg.adapt.Dumper):
    format = pq.Format.BINARY
    oid = _OID_OF_ELEMENT["text"][1]

    def dump(self, obj: Any) -> bytes:
        texts = pa.array(obj.texts, pa.string())
        count = len(texts)
        _, offsets_buffer, data_buffer = texts.buffers()
        offsets = np.frombuffer(offsets_buffer or b"", dtype=np.int32, count=count + 1 if count else 0)
        data = np.frombuffer(data_buffer or b"", dtype=np.uint8)
        lengths = np.diff(offsets)
        headers = (offsets[:-1] + 4 * np.arange(count))[:, None] + np.arange(4)
        body = np.empty(int(lengths.sum()) + 4 * count, dtype=np.uint8)
        is_data = np.ones(len(body), dtype=np.bool_)
        is_data[headers] = False
        body[is_data] = data[: int(lengths.sum())]
        body[headers] = lengths.astype(">i4").view(np.uint8).reshape(count, 4)
        return _array_head(count, _OID_OF_ELEMENT["text"][0]) + body.tobytes()


class BytesArray:
    """Byte strings that shall go in as one binary array."""

    def __init__(self, elements: Iterable[bytes]) -> None:
        self.elements = list(elements)


class _BytesDumper(psycopg.adapt.Dumper):
    format = pq.Format.BINARY
    oid = _OID_OF_ELEMENT["bytea"][1]

    def dump(self, obj: Any) -> bytes:
        size = len(obj.elements)
        lengths = np.fromiter(map(len, obj.elements), dtype=">i4", count=size).tobytes()
        parts = [_array_head(size, _OID_OF_ELEMENT["bytea"][0])] * (2 * size + 1)
        parts[1::2] = [lengths[start : start + 4] for start in range(0, 4 * size, 4)]
        parts[2::2] = obj.elements
        return b"".join(parts)


class _NumpyDumper(psycopg.adapt.Dumper):
    """Chooses the dumper for a column by its dtype."""

    format = pq.Format.BINARY

    def get_key(self, obj: Any, format: Any) -> Any:  # noqa: A002 - the name is psycopg's
        return (self.cls, obj.dtype.name)

    def upgrade(self, obj: Any, format: Any) -> psycopg.adapt.Dumper:  # noqa: A002
        element = _ELEMENT_OF_DTYPE[obj.dtype.name]
        attributes = {"element": element, "oid": _OID_OF_ELEMENT[element][1]}
        dumper: psycopg.adapt.Dumper = type(f"_{element}Dumper", (_ArrayDumper,), attributes)(self.cls)
        return dumper

    def dump(self, obj: Any) -> bytes:
        raise TypeError(f"no array type for {obj.dtype}")


def register_array_dumpers() -> None:
    """Teaches psycopg to send NumPy columns; called once when a database is opened."""
    psycopg.adapters.register_dumper(np.ndarray, _NumpyDumper)
    psycopg.adapters.register_dumper(DayArray, _DayDumper)
    psycopg.adapters.register_dumper(TextArray, _TextDumper)
    psycopg.adapters.register_dumper(BytesArray, _BytesDumper)
