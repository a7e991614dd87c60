"""Classes of records that are cheap to define.

A start defines some sixty of them. This `NamedTuple` takes a third of the time of the one in typing, which
compiles every annotation, and this `Protocol` a tenth. Type checkers treat both as those of typing. A
dataclass takes ten times as long as a plain class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, dataclass_transform


class Slotted:
    """An object with slots that, like a dataclass, equals an object of its class with the same values."""

    __slots__: tuple[str, ...] = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )


@dataclass_transform()
class Record:
    """An object whose fields are the annotated names of its class; values in the class are the defaults."""

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = [name for name, kind in self.__annotations__.items() if not kind.startswith("ClassVar")]
        given = dict(zip(fields, values, strict=False)) | named
        for name in fields:
            setattr(self, name, given[name] if name in given else getattr(self, name))


if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
    from typing import Protocol as Protocol
else:
    from collections import namedtuple

    class Protocol:
        """A replacement for typing's Protocol, which only type checkers use."""

    _MADE = frozenset(("__module__", "__qualname__", "__annotations__"))

    class _Record(type):
        """A metaclass that makes named tuples: the annotated names of a class, its values as defaults."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            fields = body.get("__annotations__", {})
            defaults = [body[field] for field in fields if field in body]
            record = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            record.__annotations__, record.__qualname__ = fields, body["__qualname__"]
            for key, part in body.items():
                if key not in fields and key not in _MADE:
                    setattr(record, key, part)
            return record

    class _Base:
        """A placeholder among the bases of a class, which `_Record` replaces by a named tuple."""

        def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
            return (_EMPTY,)

    _EMPTY = type.__new__(_Record, "NamedTuple", (), {})
    NamedTuple = _Base()
