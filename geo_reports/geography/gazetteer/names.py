"""Names as people write them: accents, abbreviations and numerals brought to one spelling."""

import re
import unicodedata
from functools import lru_cache


def _listed(text: str) -> list[str]:
    return text.split()


_SHORT_FORMS = {
    "avenida": "av avda ave avd avnida avenda aveninda avenid abenida avendia",
    "pasaje": "pje psje psj pasj pjs pasage psaje pasje",
    "camino": "cam cno",
    "autopista": "autop",
    "circunvalacion": "circunv",
    "general": "gral grl gnral",
    "santa": "sta",
    "santo": "sto",
    "san": "sn",
    "presidente": "pdte pdt presid",
    "almirante": "alte almte",
    "capitan": "cap cptn",
    "comandante": "cdte cmdte cmte",
    "coronel": "cnel crl",
    "teniente": "tte tnte",
    "sargento": "sgto sargto",
    "doctor": "dr",
    "doctora": "dra",
    "profesor": "prof",
    "profesora": "profa",
    "ingeniero": "ing",
    "arquitecto": "arq",
    "alcalde": "alc",
    "monsenor": "mons",
    "presbitero": "pbro",
    "hermanos": "hnos",
    "hermano": "hno",
    "francisco": "fco",
    "poblacion": "pob pobl",
    "condominio": "cond condom",
    "plaza": "pza plz",
    "parque": "pque pq",
    "escuela": "esc",
    "colegio": "col",
    "hospital": "hosp",
    "oriente": "ote orte",
    "norte": "nte",
    "nueva": "nva",
    "nuevo": "nvo",
    "transversal": "transv transvl",
    "villa": "vla",
    "street": "st str",
    "boulevard": "blvd bvd bulevar bulevard",
    "road": "rd",
    "poniente": "pnte pte",
}
_FULL = {short: full for full, shorts in _SHORT_FORMS.items() for short in _listed(shorts)}

_CARDINALS = _listed(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete "
    "veintiocho veintinueve treinta"
)
_ORDINALS = _listed("primer segund tercer cuart quint sext septim octav noven decim")
_NUMERALS = {word: str(number) for number, word in enumerate(_CARDINALS)}
_NUMERALS |= {stem + end: str(number) for number, stem in enumerate(_ORDINALS, 1) for end in "ao"}
_NUMERALS |= {"primer": "1", "tercer": "3"}
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12"}
_ROMAN |= {"xiii": "13", "xiv": "14", "xv": "15", "xvi": "16", "xx": "20", "xxi": "21", "xxiii": "23"}
_ORDINAL_MARK = re.compile(r"(\d{1,2})(?:a|o|er|ra|ro|da|do|ta|to|va|vo|na|no|ma|mo)")

TYPES = frozenset(_listed("avenida calle pasaje camino autopista carretera ruta callejon street avenue road"))
"""Words that say what kind of way a street is; people leave them out or swap them."""
LINKS = frozenset(_listed("de del la las los el lo y e a al en da do of the"))
"""Words that join names and tell little."""
TITLES = frozenset(
    _listed(
        "general presidente almirante capitan comandante coronel teniente sargento doctor doctora profesor profesora "
        "ingeniero arquitecto alcalde alcaldesa monsenor presbitero padre hermano hermanos obispo cardenal senador "
        "senadora diputado diputada concejal concejala capellan libertador don dona sor fray"
    )
)
"""Ranks and offices before a person's name, often left out."""
PLACE_TYPES = frozenset(
    _listed(
        "plaza parque escuela colegio liceo hospital metro estacion villa poblacion condominio jardin consultorio "
        "cesfam estadio mall supermercado iglesia capilla cancha sede biblioteca plazoleta"
    )
)
"""Words that say what kind of place a name belongs to."""
_TURNS = frozenset(
    _listed(
        "norte sur oriente poniente este oeste nueva nuevo vieja viejo antigua antiguo alto alta bajo baja chico chica "
        "grande interior"
    )
)


def plain(text: str) -> str:
    """Lower case without accents."""
    marked = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """Words of a name in one spelling: no accents, abbreviations written out, numerals as digits."""
    found = re.findall(r"[^\W_]+", re.sub(r"['’`´]", "", plain(text)))
    return [_one_spelling(word, position, found) for position, word in enumerate(found)]


def _one_spelling(word: str, position: int, found: list[str]) -> str:
    if word == "pte" and position + 1 < len(found) and not found[position + 1].isdigit():
        return "presidente"  # "Pte. Kennedy", but "3 Pte" and "3 Pte 760" are Poniente
    if ordinal := _ORDINAL_MARK.fullmatch(word):
        return ordinal.group(1)
    if word.isdigit():
        return word.lstrip("0") or "0"
    return _FULL.get(word) or _NUMERALS.get(word) or _ROMAN.get(word) or word


def core(name: list[str]) -> list[str]:
    """Words that tell one name from another; all of them where nothing else is left."""
    return [word for word in name if word not in TYPES and word not in LINKS] or name


def normal(text: str) -> str:
    """Return what two spellings of one name have in common ("Av. Cinco de Abril" and "5 ABRIL": "5 abril")."""
    return " ".join(core(words(text)))


def spoken(name: list[str]) -> list[str]:
    """Write the digits of a name as words, for whoever mistypes the word ("cnco de abril")."""
    return [_CARDINALS[int(word)] if word.isdigit() and int(word) < len(_CARDINALS) else word for word in name]


@lru_cache(maxsize=10_000)
def telling(word: str) -> bool:
    """Tell whether a word makes another street by itself: a number, a letter, "Norte", "Nueva"."""
    return (len(word) == 1 and word not in LINKS) or word[0].isdigit() or word in _TURNS


def title(name: str) -> str:
    """Write a name in capitals as people would: "AV 5 DE ABRIL" as "Av 5 de Abril"; others stay as they are."""
    if name != name.upper():
        return name.strip()
    found = name.lower().split()
    before = ["", *found]
    small = [word in {"de", "del", "y"} or (before[at] == "de" and word in LINKS) for at, word in enumerate(found)]
    return " ".join(
        word if low and at else word.capitalize() for at, (word, low) in enumerate(zip(found, small, strict=True))
    )
