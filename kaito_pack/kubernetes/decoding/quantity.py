"""Kubernetes quantities (`500m`, `1.5Gi`, `2`): read, compared and printed as the API server does.

This follows the behavior of `resource.Quantity` in k8s.io/apimachinery v0.35 and is tested against it.
A quantity is printed in one of three formats, determined by the suffix in the input:

- decimal: the suffixes n, u, m, none, k, M, G, T, P, E, with a whole number;
- exponent: `e3`, the exponent a multiple of 3;
- binary: Ki, Mi, Gi, Ti, Pi, Ei.

The input is returned unchanged if a cheap test finds it canonical. That test is not exact (`007` and
`123456.789` pass it), and the cluster has the same errors, so this module reproduces them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from kaito_pack.base.records import NamedTuple

if TYPE_CHECKING:
    from fractions import Fraction

DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
DECIMAL_SUFFIXES = {exponent: suffix for suffix, exponent in DECIMAL.items()}
BINARY_SUFFIXES = {exponent // 10: suffix for suffix, exponent in BINARY.items()}
SUFFIX_LETTERS = "eEinumkKMGTP"
DIGITS = "0123456789"
SPACES = "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000 "

SMALLEST = -9  # powers of ten: the smallest unit is a nano
KEPT_DIGITS = 18  # digits that fit into an int64
LARGEST_BINARY = 2**63 - 1  # the maximum of binary quantities
LARGEST_EXPONENT = 4000  # larger exponents are not computed; the API server itself would hang


class Quantity(NamedTuple):
    """The amount `number * 10**scale`, its format ("decimal", "exponent", "binary") and its printed form."""

    number: int
    scale: int
    format: str
    canonical: str

    @property
    def value(self) -> Fraction | int:
        """The exact amount in base units: bytes, cores, pieces."""
        scale = min(self.scale, LARGEST_EXPONENT)
        if scale >= 0:
            whole: int = self.number * 10**scale
            return whole
        from fractions import Fraction

        return Fraction(self.number, 10**-scale)


def parse(value: object) -> Quantity:
    """Read a quantity as the API server's JSON decoder does.

    `value` is a YAML reader's string or number; null is a quantity of 0. Raises ValueError if the API server
    rejects it, with words that complete "`x` is not a quantity: ".
    """
    if value is None:
        return Quantity(0, 0, "decimal", "0")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("it must be a string or a number")
    # The decoder reads the raw JSON text, in which an escaped tab or line end is not a space.
    text = (value if isinstance(value, str) else number_text(value)).strip(SPACES)
    if not text:
        raise ValueError("it is empty")
    if text == "0":
        return Quantity(0, 0, "decimal", "0")
    return _parsed(text)


@lru_cache(2048)  # many checks read the same few amounts of a manifest, 13 times in total
def _parsed(text: str) -> Quantity:
    return _read(text, *_split(text))


def canonical(value: str | int | float) -> str:
    """Return a quantity as Kubernetes prints it: `0.5` gives `500m`. Raises ValueError."""
    return parse(value).canonical


def value_of(value: object) -> Fraction | int:
    """Return the exact amount of a quantity in base units: `1Ki` gives 1024. Raises ValueError."""
    return parse(value).value


def number_text(value: int | float) -> str:
    """Return a YAML number in the form of the JSON that kubectl sends."""
    if isinstance(value, int):
        return str(value) if -(2**63) <= value < 2**64 else _float_text(_as_float(value))
    return _float_text(value)


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _float_text(value: float) -> str:
    if abs(value) < 1e21 and value == int(value):
        return str(int(value))
    return repr(value)


def _run(text: str, start: int, characters: str) -> int:
    """Return the end of the run of `characters` that begins at `start`."""
    end = start
    while end < len(text) and text[end] in characters:
        end += 1
    return end


def _split(text: str) -> tuple[str, str, str, str]:
    """Return `-01.50Gi` as sign and digits (`-01.50`), whole digits (`1`), fraction (`50`), suffix (`Gi`)."""
    start = 1 if text[0] in "+-" else 0
    first = _run(text, start, "0")
    if first == len(text):
        return "0", "0", "", ""
    end = _run(text, first, DIGITS)
    whole = text[first:end] or "0"
    fraction = ""
    if text[end : end + 1] == ".":
        point = end + 1
        end = _run(text, point, DIGITS)
        fraction = text[point:end]
    letters = _run(text, end, SUFFIX_LETTERS)
    sign = letters + 1 if text[letters : letters + 1] in ("+", "-") else letters
    if _run(text, sign, DIGITS) != len(text):
        raise ValueError("it must be a number with an optional suffix, such as 500m, 2 or 4Gi")
    return text[:end], whole, fraction, text[end:]


def _interpret(suffix: str) -> tuple[str, int]:
    """Return the format and the exponent of a suffix (of 2 for "binary", else of 10)."""
    if suffix in DECIMAL:
        return "decimal", DECIMAL[suffix]
    if suffix in BINARY:
        return "binary", BINARY[suffix]
    digits = suffix[1:].lstrip("+-")
    if suffix[0] in "eE" and digits and digits.isdigit() and len(digits) < 20:
        exponent = int(suffix[1:])
        if -(2**63) <= exponent < 2**63:
            return "exponent", (exponent + 2**31) % 2**32 - 2**31
    raise ValueError(f"its unit `{suffix}` is not one of {', '.join([*BINARY, *filter(None, DECIMAL)])}")


def _read(text: str, digits: str, whole: str, fraction: str, suffix: str) -> Quantity:
    form, exponent = _interpret(suffix)
    shifted = whole + fraction
    sign = -1 if digits[0:1] == "-" else 1
    if form == "binary":
        fits = not fraction and 15 - len(whole) - exponent * 3 // 10 - 1 >= 0
        number, scale = int(shifted) << exponent, -len(fraction)
        keeps_text = fits and int(shifted) & 7 != 0
    else:
        number, scale = int(shifted), exponent - len(fraction)
        fits = len(shifted) <= KEPT_DIGITS and scale >= SMALLEST
        keeps_text = fits and scale % 3 == 0 and not shifted.endswith("000") and shifted[0] != "0"
    if fits:
        return _printed(sign * number, scale, form, text if keeps_text else None)
    if not any(c in DIGITS for c in digits):
        raise ValueError("it has no number")
    return _read_large(sign, number, scale, form)


def _read_large(sign: int, number: int, scale: int, form: str) -> Quantity:
    """Return a quantity of more than 18 digits or below a nano: rounded up to nanos, binary cut at 8Ei."""
    if number and scale > LARGEST_EXPONENT:
        raise ValueError("it is too large")
    if scale < SMALLEST:
        # Round away from zero: a small request must not become nothing.
        cut = min(SMALLEST - scale, len(str(number)) + 1)
        number, scale = -(-number // 10**cut), SMALLEST
    if form == "binary":
        unit = 10**-scale
        number = min(number, LARGEST_BINARY * unit)
        form = "decimal" if 0 < number < unit else form
    return _printed(sign * number, scale, form, None)


def _printed(number: int, scale: int, form: str, written: str | None) -> Quantity:
    return Quantity(number, scale, form, written if written is not None else _print(number, scale, form))


def _print(number: int, scale: int, form: str) -> str:
    if number == 0:
        return "0"
    if form == "binary":
        unit = 10**-scale
        if abs(number) >= 1024 * unit and number % unit == 0:
            amount, power = _without_factors(number // unit, 1024)
            return f"{amount}{BINARY_SUFFIXES.get(power, '')}"
        form = "decimal"
    amount, zeros = _without_factors(number, 10)
    exponent = scale + zeros
    amount, exponent = amount * 10 ** (exponent % 3), exponent - exponent % 3
    if form == "decimal":
        return f"{amount}{DECIMAL_SUFFIXES.get(exponent, '')}"
    return f"{amount}e{exponent}" if exponent else str(amount)


def _without_factors(number: int, factor: int) -> tuple[int, int]:
    """Return `number` divided by `factor` as often as possible, and the number of divisions."""
    times = 0
    while number % factor == 0:
        number //= factor
        times += 1
    return number, times


def is_positive_quantity(value: object) -> bool:
    """Return whether `value` is a valid request: a quantity above zero."""
    return positive_quantity_error(value) is None


def positive_quantity_error(value: object) -> str | None:
    """Return why `value` is not a valid request, in words that follow it; None if it is valid."""
    try:
        amount = value_of(value)
    except ValueError as error:
        return f"is not a quantity: {error}"
    if amount <= 0:
        return "is zero" if amount == 0 else "is negative"
    return None
