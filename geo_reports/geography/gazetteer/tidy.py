"""Text as people send it, made ready to be read as an address."""

import re
import unicodedata

MAX_TEXT = 200
"""Characters of an address that are read; nobody writes a longer one."""

_NARROW = {0xFF01 + sign: 0x21 + sign for sign in range(94)}
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})\.(\d{3})(?![.,]?\d)")
_MISREAD = re.compile(r"(?<!\w)(?=\w*\d\w*\d)[\dOoIl]{3,6}(?!\w)")
_DIGITS = str.maketrans("OoIl", "0011")
_GLUED = re.compile(r"(?<!\w)(\d{1,5})(?=[^\W\d_]{4,})|(?<=[^\W\d_]{4})(?=\d{2,5}(?!\w))")
_WITH = re.compile(r"(?<!\w)c\s*/\s*(?=\w)", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<!\w)(?:e|ent)\s*[/.]\s*(?=\w)", re.IGNORECASE)
_OPENING = re.compile(
    # streets are called "Esquina Blanca": without "de" it may belong to the name
    r"^\W*(?:direcci[oó]n\s*:?\s+|(?:(?:en|por)\s+)?(?:la\s+)?(?:(?:esquina|intersecci[oó]n|cruce|corner)\s+"
    r"(?:de|entre|of)\s+|esq\b\.?\s+(?:(?:de|entre)\s+)?)|(?:en\s+)?(?:calle\s+)?(?=\bentre\b))",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"^\W*(?:est[aá]\s+|ubicad[oa]\s+|justo\s+|queda\s+)?"
    r"(?:(?:al\s+)?frente(?=\s+a|\s+de)|al\s+(?:lado|costado)|a\s+un\s+(?:lado|costado)|detr[aá]s|atr[aá]s|junto|afuera"
    r"|fuera|a\s+la\s+(?:entrada|salida|vuelta)|a\s+(?:pasos|metros)|a\s+(?:una\s+|media\s+|\d\s+)?cuadras?"
    r"|(?P<near>cerca|cercano|pr[oó]ximo|near|a\s+la\s+altura))\s+"
    r"(?:de\s+la\s+|de\s+los\s+|de\s+las\s+|del\s+|de\s+|al\s+|a\s+la\s+|a\s+)?"
    r"(?!del?\s|al?\s)(?=[^\W\d]|\d{1,2}\s+de\s)",
    re.IGNORECASE,
)


def tidy(text: str) -> str:
    """Return the text without what carries no meaning: invisible signs, separators of thousands, letters for digits."""
    text = unicodedata.normalize("NFC", text[:MAX_TEXT])
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = text.translate(_NARROW)
    text = _THOUSANDS.sub(r"\1\2", text)
    text = _MISREAD.sub(lambda match: match.group(0).translate(_DIGITS), text)
    text = _GLUED.sub(lambda match: match.group(0) + " ", text)
    text = _BETWEEN.sub(" entre ", _WITH.sub(" con ", text))
    return _OPENING.sub("", " ".join(text.split()))


def beside(text: str) -> tuple[str, float]:
    """Take "al lado de", "cerca del" and the like from the front; what is left, and metres they leave open."""
    match = _BESIDE.match(text)
    if match is None:
        return text, 0.0
    return text[match.end() :], 150.0 if match.group("near") else 50.0
