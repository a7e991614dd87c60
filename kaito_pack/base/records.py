"""`NamedTuple` at a third of the cost: typing's compiles every annotation when the class is record.

A start makes some fifty such classes. Type checkers take it for typing's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    _MADE = frozenset(("__module__", "__qualname__", "__annotations__"))

    class _Record(type):
        """Makes a named tuple of the annotated names of a class, their values being the defaults."""

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
        """Stands among the bases of a class, which `_Record` then makes."""

        def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
            return (_EMPTY,)

    _EMPTY = type.__new__(_Record, "NamedTuple", (), {})
    NamedTuple = _Base()
