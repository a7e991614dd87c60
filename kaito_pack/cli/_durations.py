"""Time spans on the command line: durations in seconds, and PromQL ranges."""

from __future__ import annotations

from typing import NoReturn

import click

from kaito_pack.base.display import shown

UNITS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A duration in seconds, written as `90`, `90s`, `30m` or `1h30m`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds of `value`."""
        if isinstance(value, int | float):
            return float(value)
        seconds, digits = 0.0, ""
        for character in str(value):
            if character.isdecimal() or character == ".":
                digits += character
            elif character in UNITS and digits.strip("."):
                seconds, digits = seconds + float(digits) * UNITS[character], ""
            else:
                self._refuse(value, param, ctx)
        if not str(value) or (digits and seconds):
            self._refuse(value, param, ctx)
        return seconds + float(digits or 0)

    def _refuse(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail(f"{shown(value)} is not a valid duration. Use 90s, 30m or 1h30m", param, ctx)


class Window(click.ParamType[str]):
    """A PromQL range: `30s`, `5m`, `1h`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the range, as it was written."""
        text = str(value)
        if not (text[:-1].isdecimal() and text.isascii() and text[-1] in "smhd" and int(text[:-1])):
            self.fail(f"{shown(text)} is not a valid range. Use 30s, 5m or 1h", param, ctx)
        return text
