"""Text formats that Go's decoders read: times and base64."""

from __future__ import annotations


def is_time(text: str, micro: bool = False) -> bool:
    """Return whether Go's time.Parse accepts `text` as RFC 3339 (`micro`: with six digits of a second)."""
    import re

    fraction = r"[.,]\d{6}" if micro else r"(?:[.,]\d+)?"
    pattern = rf"(\d{{4}})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d){fraction}(?:Z|[+-](\d\d):(\d\d))"
    match = re.fullmatch(pattern, text, re.ASCII)
    if not match:
        return False
    year, month, day, hour, minute, second, zone_hour, zone_minute = (
        int(part or 0) for part in match.groups()
    )
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (
        1 <= month <= 12
        and 1 <= day <= days[month - 1]
        and hour < 24
        and minute < 60
        and second < 60
        and zone_hour <= 24
        and zone_minute <= 60
    )


def is_base64(text: str) -> bool:
    """Return whether `text` is padded base64 of the standard alphabet, ignoring line ends."""
    from binascii import Error, a2b_base64

    try:
        a2b_base64(text.replace("\r", "").replace("\n", "").encode("ascii"), strict_mode=True)
    except (Error, ValueError):
        return False
    return True
