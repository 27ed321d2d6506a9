"""What one cell of a worklist says: days, money, identifiers, names.

Each function takes the cell's text and raises ``ValueError`` with the rest of a sentence that begins with
the column; the sentence never repeats the cell.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

CENT = Decimal("0.01")
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BROKEN = {"#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!"}

TIME = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[AP]M)?Z?", re.IGNORECASE)
US = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})")
ISO = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})|((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
SERIAL = re.compile(r"([0-9]{1,6})(?:\.[0-9]+)?")
BETWEEN = re.compile(r"\s*[–—]\s*|\s+(?:-|to|thru|through)\s+|(?<=[0-9]{4})-(?=[0-9]{1,2}/)", re.IGNORECASE)

AMOUNT = re.compile(
    r"(?P<minus>-)?\$?(?P<open>\()?\$?(?P<late>-)?"
    r"(?P<figures>(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?P<close>\))?(?P<after>-| ?CR)?",
    re.IGNORECASE,
)

RANKS = {"1": 1, "2": 2, "3": 3, "p": 1, "s": 2, "t": 3, "primary": 1, "secondary": 2, "tertiary": 3}


def clean(text: str) -> str:
    """Fold white space, drop invisible marks such as U+200B and the apostrophe of ``inert``."""
    text = " ".join("".join(mark for mark in text if unicodedata.category(mark) != "Cf").split())
    if not text.isprintable():
        raise ValueError("holds characters that cannot be printed")
    if text.startswith("'") and text[1:].lstrip().startswith(FORMULA):
        text = text[1:].lstrip()
    if text.casefold() in BROKEN:
        raise ValueError("holds a spreadsheet's error instead of a value")
    return text


def inert(text: str) -> str:
    """Disarm what a spreadsheet would run as a formula, by an apostrophe; plain numbers and dashes pass."""
    if re.fullmatch(r"[+-]?[0-9.,]+|-+", text):
        return text
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def span(text: str) -> tuple[str, str | None]:
    """Take ``06/01/2026 - 06/03/2026`` apart; one day comes back alone."""
    parts = BETWEEN.split(text)
    return (parts[0], parts[1]) if len(parts) == 2 else (text, None)


def day(text: str, epoch: date, latest: date) -> date:
    """Read MM/DD/YYYY, M/D/YY, YYYY-MM-DD, YYYYMMDD or days since ``epoch``; a time of day is left out.

    A year of two digits is the latest such year in which the day is not after ``latest``.
    """
    text = text.removesuffix(found[0]) if (found := _last(TIME, text)) else text
    try:
        if us := US.fullmatch(text):
            month, number, year = (int(part) for part in us.groups())
            if len(us[3]) == 4:
                return date(year, month, number)
            century = latest.year // 100 * 100
            this = _exists(century + year, month, number)
            return this if this and this <= latest else date(century - 100 + year, month, number)
        if iso := ISO.fullmatch(text):
            year, month, number = (int(part) for part in iso.groups() if part is not None)
            return date(year, month, number)
        if serial := SERIAL.fullmatch(text):
            return epoch + timedelta(days=int(serial[1]))
    except ValueError:
        raise ValueError("is a day that does not exist") from None
    raise ValueError("is not a date")


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next((found for found in pattern.finditer(text) if found.end() == len(text)), None)


def _exists(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def money(text: str) -> Decimal:
    """Read US dollars: ``$1,234.50``, ``.00``; negative as ``(45.00)``, ``-45.00``, ``45.00-``, ``45.00 CR``.

    What a spreadsheet's arithmetic adds behind the cents (45.300000000000004) is rounded away; any other
    fraction of a cent is not money.
    """
    found = AMOUNT.fullmatch(text.replace("$ ", "$"))
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise ValueError("is not an amount in dollars")
    if sum(map(bool, (found["minus"], found["open"], found["late"], found["after"]))) > 1:
        raise ValueError("is negative in more than one way")
    exact = Decimal(found["figures"].replace(",", ""))
    amount = exact.quantize(CENT)
    if abs(exact - amount) > Decimal("0.000001"):
        raise ValueError("is not an amount in dollars and whole cents")
    negative = found["minus"] or found["open"] or found["late"] or found["after"]
    return -amount if negative and amount else amount


def identifier(text: str, *, number: bool) -> str:
    """Return an identifier as it was before a spreadsheet took it for a number: 12345.0 is 12345.

    ``number`` says that the cell holds a number: one whose digits may be lost is refused.
    """
    if number and re.fullmatch(r"[0-9]+\.[0-9]+", text):
        raise ValueError("is a decimal number in the spreadsheet, which may have lost digits: make it text")
    if number and len(text.lstrip("-")) > 15:
        raise ValueError("has more digits than a spreadsheet's number keeps: make it text")
    if re.fullmatch(r"[0-9](\.[0-9]+)?e\+[0-9]+", text, re.IGNORECASE):
        raise ValueError("lost its digits in a spreadsheet (such as 1.23E+11): make it text")
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9:]+)?", text):
        raise ValueError("was turned into a date by a spreadsheet: make it text")
    return re.sub(r"^([0-9]+)\.0$", r"\1", text)


def tin(text: str) -> str:
    """Return a tax id as nine digits, with the leading zero that a spreadsheet took."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{8,9}", digits):
        raise ValueError("is not a tax id of nine digits")
    return digits.zfill(9)


def npi(text: str) -> str:
    """Return an NPI."""
    if not re.fullmatch(r"[0-9]{10}", text):
        raise ValueError("is not an NPI of ten digits")
    return text


def rank(text: str) -> int:
    """Return a payer's place: 1, 2 or 3."""
    if text.casefold() not in RANKS:
        raise ValueError("is not 1, 2, 3, primary, secondary or tertiary")
    return RANKS[text.casefold()]


def count(text: str) -> int:
    """Return a number of days."""
    if not (found := re.fullmatch(r"([0-9]{1,4})( ?days?)?", text, re.IGNORECASE)):
        raise ValueError("is not a number of days")
    return int(found[1])


def split_name(text: str) -> tuple[str, str] | None:
    """Split ``Last, First M`` into last and first name, without the initial; ``None`` without one comma."""
    last, _, first = (part.strip() for part in text.partition(","))
    first = re.sub(r"\s+\w\.?$", "", first)
    return (last, first) if last and first and "," not in first else None
