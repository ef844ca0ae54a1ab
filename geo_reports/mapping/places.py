"""Named places of the city folder: a plain glyph and the name."""

from geo_reports.city.maps import PlacesDef
from geo_reports.mapping.elements import Drawn
from geo_reports.mapping.sheet import Column, Desk, Sheet, Strings, Swatch, Table, say

SIGN = "place-7"


def draw_places(desk: Desk, definition: PlacesDef) -> Sheet:
    """Glyphs with the places' names, and their list."""
    words, strings = desk.words, Strings()
    specs = {spec.kind: spec for spec in desk.city.spec.places}
    places = [place for place in desk.view.places(definition.kinds) if specs[place.kind].on_map]
    kinds = {kind: words.say(spec.name) for kind, spec in specs.items()}
    rows = [
        [round(place.lat, 5), round(place.lon, 5), strings.at(SIGN), *strings.all([place.name, kinds[place.kind]])]
        for place in places
    ]
    data = {"strings": strings.texts, "rows": rows, "named": 2}
    title = words.say(definition.name)
    sources = dict.fromkeys(
        f"{specs[kind].source} ({specs[kind].licence})" for kind in definition.kinds if specs[kind].source
    )
    listed = Table(
        caption=title,
        columns=(Column(words("Name")), Column(words("Kind"))),
        rows=tuple((say(place.name), say(kinds[place.kind])) for place in places),
        folded=True,
    )
    return Sheet(
        title=title,
        name=desk.map.put(Drawn("places", [data], definition.shown)) if places else "",
        shown=definition.shown,
        legend=((Swatch("sign", SIGN), words("Place; its name appears when you come closer")),),
        notes=tuple(words("Source: %(source)s.", source=source) for source in sources),
        tables=(listed,) if places else (),
    )
