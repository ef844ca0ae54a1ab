"""Folium elements of our own. They emit calls to ``map.js`` with data as JSON; no text ever becomes HTML or code.

Folium and branca compile what an element wrote as a Jinja template once more before it reaches the page, and
their own popups and tooltips put text into JavaScript template literals. So nothing here passes text through a
template: data is escaped by ``embed`` and written by ``Verbatim``. Names of elements come from a counter instead
of a random number, so that two renders of the same data are equal byte for byte.
"""

import html
import json
import re
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from folium.template import Template
from numpy.typing import NDArray

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&'`${}"}


def embed(data: Any) -> str:
    r"""JSON of ``data`` that is safe inside a script element, a Jinja template and a JavaScript literal.

    All but ASCII is written as ``\u`` escapes, and so are ``< > & ' ` $ { }`` inside strings. Numbers that are not
    finite raise ``ValueError``.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return _STRING.sub(lambda found: found[0].translate(_UNSAFE), text)


class Verbatim(Element):
    """A piece of the page that is written as it is, not compiled as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:
        """Return the text."""
        return self.text


class CityMap(folium.Map):
    """A Folium map of our own page: no tiles, no style of its own, no address but those given.

    Parameters
    ----------
    bounds : (4,) float
        West, south, east, north in WGS 84 degrees, fitted when the map opens.
    scripts, styles : list of (name, address)
        What the map loads: Leaflet, and ``map.js``.
    titles : dict
        Words of the zoom buttons, ``zoomInTitle`` and ``zoomOutTitle``.
    label : str
        Accessible name of the map.
    """

    # the page decides on size and viewport, so there is no header; it would also forbid zooming the page
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="map" id={{ this.get_name()|tojson }} role="region"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, geoReports.calm({{ this.json }}));
        geoReports.prepare({{ this.get_name() }});
        {{ this.get_name() }}.getContainer().setAttribute("aria-label", {{ this.label }});
        L.control.zoom({{ this.titles }}).addTo({{ this.get_name() }});
        L.control.scale({"imperial": false}).addTo({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        bounds: tuple[float, float, float, float],
        scripts: list[tuple[str, str]],
        styles: list[tuple[str, str]],
        titles: dict[str, str],
        label: str,
    ) -> None:
        west, south, east, north = bounds
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None, zoom_start=13)
        # on the instance: the lists of the class are shared by every Folium map of the process
        self.default_js, self.default_css = list(scripts), list(styles)
        self._id, self._used = "0", 0
        settings = {"center": self.location, "zoom": 13, "minZoom": 9, "maxZoom": 19, "zoomSnap": 0.5}
        self.json = embed({**settings, "zoomControl": False, "attributionControl": False, "fadeAnimation": False})
        self.titles, self.label = embed(titles), embed(label)
        self.fit_bounds([[south, west], [north, east]], padding=(8, 8))

    def put(self, element: MacroElement) -> str:
        """Add ``element`` under the next number; gives its JavaScript name."""
        self._used += 1
        element._id = str(self._used)
        self.add_child(element)
        return str(element.get_name())

    def parts(self) -> tuple[str, str, str]:
        """Header, body and script of the map, rendered."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise TypeError("a Folium map lives in a figure")
        figure.render()
        header = "\n".join(child.render() for name, child in figure.header._children.items() if name != "meta_http")
        return header, figure.html.render(), figure.script.render()


def _write(element: Element, text: str) -> None:
    """Add a line to the page's script in the element's place."""
    figure = element.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("a Folium element lives in a figure")
    figure.script.add_child(Verbatim(text), name=element.get_name())


class Piece(MacroElement):  # type: ignore[misc, unused-ignore]
    """An element that is one line of script; its name begins with that of its class."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = type(self).__name__

    def line(self, parent: str) -> str:
        """Script of the element, inside the one whose JavaScript name is ``parent``."""
        raise NotImplementedError

    def render(self, **kwargs: Any) -> str:
        """Write the line."""
        _write(self, self.line(self._parent.get_name() if self._parent else ""))
        return ""


class Shapes(Piece):
    """Polygons that several layers share: WGS 84, rounded to about a metre, each with its row as ``id``.

    More ``decimals`` are for shapes that are narrower than that.
    """

    def __init__(self, geometry: NDArray[np.object_], decimals: int = 5) -> None:
        super().__init__()
        features = [
            {"type": "Feature", "id": row, "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}
            for row, shape in enumerate(shapely.transform(geometry, lambda xy: xy.round(decimals)))
        ]
        self.data = {"type": "FeatureCollection", "features": features}

    def line(self, parent: str) -> str:
        """Write the shapes as a variable."""
        return f"var {self.get_name()} = {embed(self.data)};"


class Switch(Piece):
    """Ties the check boxes beside the map to its layers, given by their JavaScript names."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.names = names

    def line(self, parent: str) -> str:
        """Write the call with the layers by name."""
        return f"geoReports.control({parent}, {{{', '.join(f'{embed(name)}: {name}' for name in self.names)}}});"


class Credit(Piece):
    """Attribution of background tiles; without tiles there is nothing to attribute on the map itself."""

    def line(self, parent: str) -> str:
        """Write the control, without the link of its own that Leaflet would add."""
        return f'L.control.attribution({{"prefix": false}}).addTo({parent});'


class Drawn(Layer):
    """A layer that one function of ``map.js`` makes from data.

    Parameters
    ----------
    function : str
        Name in ``geoReports``: points, circles, fill, outline, labels or places.
    arguments : list
        What follows the map: ``Shapes`` go in by name, everything else as JSON.
    show : bool
        Whether it is there when the map opens.
    """

    def __init__(self, function: str, arguments: list[Any], show: bool = True) -> None:
        super().__init__(name=function, overlay=True, control=False, show=show)
        self._name = function.capitalize()
        self.function, self.arguments = function, arguments

    def render(self, **kwargs: Any) -> str:
        """Write the call, and the layer's way onto the map if it is shown."""
        given = [arg.get_name() if isinstance(arg, Shapes) else embed(arg) for arg in self.arguments]
        parent = [self._parent.get_name()] if self._parent else []
        _write(self, f"var {self.get_name()} = geoReports.{self.function}({', '.join([*parent, *given])});")
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        return ""


def as_entities(text: str) -> str:
    """HTML entities for text that Folium passes to an HTML sink by way of a template."""
    return html.escape(text).translate({ord(c): f"&#{ord(c)};" for c in "{}`$\\"})
