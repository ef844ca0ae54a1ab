"""Where a text says in which house somebody lives, in Spanish and English.

That a person lives somewhere is no hint ("la gente que vive en el sector"): it must be a house, by a number, by a
kind of street with its name, or by whose it is.
"""

import re
from collections.abc import Iterator

_STREET = (
    r"(?i:pasaje|pje|psje|psj|calle|avenida|avda|av|block|blok|bloque|villa|condominio|departamento|depto|dpto|torre|"
    r"parcela|camino|poblaci[oó]n|n[uú]mero|street|st|road|avenue|apartment|apt|flat|tower)\.?"
)
_NAME = r"[A-ZÁÉÍÓÚÑ][\wáéíóúñ]{1,30}"
_LITTLE = r"(?i:el|la|los|las|un|una|ese|esa|de|del|al|the|a|number|no|n[°º]|#)"
_PLACE = (
    rf"(?:{_LITTLE}\s){{0,3}}(?:"
    rf"{_STREET}\s(?:{_LITTLE}\s){{0,3}}(?:{_NAME}|\d{{1,5}}|[A-Z]\b)(?:\s(?:{_NAME}|{_LITTLE}|\d{{1,5}})){{0,6}}"
    rf"|(?i:casas?|house)\s(?:(?i:n[uú]mero|number|n[°º]|no\.?|#)\s?)?(?:\d{{1,5}}|[A-Z])\b"
    rf"|(?:{_NAME}\s)(?:(?:{_NAME}|{_LITTLE})\s){{0,5}}(?:(?i:con|n[°º]|#)\s?)?(?:\d{{1,5}}\b|{_NAME})"
    r"|\d{1,5}\s(?:[A-ZÁÉÍÓÚÑ][\w]{1,30}\s?){1,4}"
    r"|(?i:casa|house|home|reja|port[oó]n)\s(?:\w{2,12}\s)?(?:(?i:de\s(?:rejas?|color)\s)?)"
    r"(?i:amarill[ao]|azul|roj[ao]|verde|blanc[ao]|negr[ao]|esquina|yellow|blue|red|green|white)\b"
    r"|(?i:(?:casa|house)\sde\s(?:al\slado|enfrente|la\sesquina|rejas?\s\w+))"
    r"|(?i:al\slado|next\sdoor)(?:\s(?i:de|to|del)\s\w+(?:\s\w+)?)?"
    r")"
)
_LIVES = re.compile(
    r"\b(?:(?i:viv(?:e|en|o|ía|ían|ia|ian|imos)|resid(?:e|en|o|ía|ia)|habitan?|arriendan?|domiciliad[oa]s?|alojan?))"
    rf"\s(?:(?i:ahora|justo|ahí|ahi|todos|juntos|actualmente|solo|sola)\s)?(?:(?i:en|frente\sa|frente\sal)\s)?{_PLACE}"
)
_LIVES_EN = re.compile(
    r"\b(?i:liv(?:es|e|ed|ing)|resid(?:es|e|ing)|stay(?:s|ing))"
    rf"\s(?:(?i:at|in|on|opposite|right)\s)?{_PLACE}"
)
_ADDRESS_IS = re.compile(
    r"\b(?i:(?:su|con|mi|cuyo|el|tiene|ten[ií]a)\sdomicilio|domicilio|direcci[oó]n\s(?:particular|de\ssu\scasa)|"
    r"su\sdirecci[oó]n|(?:home|her|his|their)\saddress)"
    rf"\s?(?::|,|(?i:en|es|queda\sen|est[aá]\sen|is|at|de\scalle))\s?{_PLACE}"
)
_PERSON = (
    r"(?i:mi|tu|su|un|una|el|la|los|las)?\s?(?:(?i:ex\s)?(?i:vecin[oa]s?|se[ñn]ora?|do[ñn]a|don|t[ií][oa]|abuel[oa]|"
    r"due[ñn][oa]|familia|hij[oa]s?|herman[oa]s?|profesora?|presidenta?e?|dirigente|almacenero|sobrin[oa]|pareja|t[ií]o)"
    rf"(?:\s{_NAME}){{0,3}})"
)
_WHOSE = re.compile(
    rf"\b(?i:casa|domicilio|depto|departamento|vivienda|parcela|hogar)\s(?:(?i:del?)\s(?:{_PERSON})|(?i:de)\s"
    rf"{_NAME}(?:\s{_NAME})?)"
)
_NO_PERSON = re.compile(
    r"(?i:casa)\s(?i:de)\s(?i:(?:la\s)?cultura|moneda|acogida|reposo|estudios|campo|apuestas|cambio)"
    r"|(?:.*\s)?(?:Moneda|Cultura|Acogida|Salud|Igualdad|Todos|Reposo|Campo|Piedra|Maip[uú])$"
)
_WHOSE_EN = re.compile(
    rf"\b(?:(?i:house|home|flat|apartment)\sof\s(?:(?i:my|the|mr|mrs|ms|his|her)\.?\s\w{{3,20}}|{_NAME}(?:\s{_NAME})?)"
    rf"|(?:(?i:my|the|his|her)\s(?i:neighbou?r|uncle|aunt|landlord|brother|sister|lady|owner)|{_NAME}(?:\s{_NAME})?)"
    r"['\u2019]s\s(?i:house|home|flat|apartment))"
)


def homes(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a text tells in which house somebody lives."""
    for pattern in (_ADDRESS_IS, _LIVES, _LIVES_EN, _WHOSE, _WHOSE_EN):
        for match in pattern.finditer(text):
            if pattern is not _WHOSE or not _NO_PERSON.fullmatch(match[0]):
                yield match.span()
