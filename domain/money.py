"""Exact numbers: how a figure is read from text, written to text, and bounded at the edge."""

from decimal import Context, Decimal, InvalidOperation

from domain.errors import UnreadableReply

# A figure of a brokerage has at most 18 decimal places (crypto) and fewer than 20 digits before the
# point. Anything far beyond is a mistake or an attack: `int(Decimal("1E+200000"))` burns a second.
MAX_DIGITS = 40
MAX_EXPONENT = 30
MAX_TEXT = 64

# Price units that are a hundredth of a currency. They are never currencies themselves.
MINOR_UNITS = {"GBX": "GBP", "GBp": "GBP", "ZAc": "ZAR", "ZAX": "ZAR", "ILA": "ILS"}

# The usual context rounds at 28 digits. Products and sums of figures as we let them in fit in here.
EXACTLY = Context(prec=120)
FINEST = Decimal(1).scaleb(-18)

_PLAIN = "0123456789.-"
_LARGE = 10**MAX_EXPONENT
ZERO = Decimal(0)
HUNDRED = Decimal(100)


def exact(value: object, where: str = "figure") -> Decimal:
    """A figure from text, an int or a Decimal. Never from a float: that would not be exact any more.

    Raises UnreadableReply when it is no finite number or has an absurd size; `where` names the field.
    """
    if type(value) is str and len(value) <= MAX_EXPONENT and not value.strip(_PLAIN):
        # Nearly all figures: digits, a point and a sign, so few of them that no bound can be broken.
        try:
            return Decimal(value)
        except InvalidOperation:
            raise UnreadableReply(f"{where} is not a number") from None
    if type(value) is Decimal and len(text := str(value)) <= MAX_EXPONENT and not text.strip(_PLAIN):
        return value
    if type(value) is int and -_LARGE < value < _LARGE:
        return Decimal(value)
    return _bounded(_figure(value, where), where)


def _figure(value: object, where: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise UnreadableReply(f"{where} is not a number")
    if isinstance(value, int):
        # Cheap bound first: turning a huge int into text is itself quadratic.
        if value.bit_length() > 130:
            raise UnreadableReply(f"{where} has too many digits")
        return Decimal(value)
    if isinstance(value, Decimal):
        return value
    if len(value) > MAX_TEXT:
        raise UnreadableReply(f"{where} has too many digits")
    if "_" in value or not value.isascii():
        # Decimal would read 1_0 as ten, and the digits of any script.
        raise UnreadableReply(f"{where} is not a number")
    try:
        return Decimal(value.strip())
    except InvalidOperation:
        raise UnreadableReply(f"{where} is not a number") from None


def _bounded(value: Decimal, where: str) -> Decimal:
    if not value.is_finite():
        raise UnreadableReply(f"{where} is not a finite number")
    _, digits, exponent = value.as_tuple()
    if len(digits) > MAX_DIGITS or abs(int(exponent)) > MAX_EXPONENT:
        raise UnreadableReply(f"{where} has too many digits")
    return value


def plain(value: Decimal) -> str:
    """A figure as plain text, without exponent and without trailing zeros: `1E+2` is `100`.

    One figure has one text: equal numbers give equal texts, so texts can be compared and hashed.
    """
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def major(price: Decimal, unit: str) -> tuple[Decimal, str]:
    """A price in its currency: pence and the like are turned once, at the edge; others pass."""
    currency = MINOR_UNITS.get(unit)
    return (price, unit) if currency is None else (EXACTLY.divide(price, HUNDRED), currency)


def quotient(total: Decimal, parts: Decimal) -> Decimal:
    """A total for each part; where that has no end, to 18 places."""
    found = EXACTLY.divide(total, parts)
    return EXACTLY.quantize(found, FINEST) if len(found.as_tuple().digits) == EXACTLY.prec else found
