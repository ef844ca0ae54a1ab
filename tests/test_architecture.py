"""What keeps the house in order, read from the source and never from a person's memory."""

import ast
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
PACKAGE = REPO / "geo_reports"
DOORS = ("web", "api", "mapping", "cli")
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
GENERATED = {"__pycache__", "build", "dist", "var", "node_modules"}
FOREIGN_ASSET = re.compile(r"(leaflet|jquery|bootstrap|fontawesome|htmx|d3)[^/]*\.(js|css)$|\.min\.(js|css)$")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The room a module belongs to: ``store`` for ``geo_reports/store/find.py``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if node is not None else ""
    return f"{path.relative_to(REPO)}{line}"


def imports(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Each import of a module as the dotted name of what it brings in."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def own_files() -> Iterator[Path]:
    """Files of the checkout, without what tools make."""
    for path in REPO.rglob("*"):
        parts = path.relative_to(REPO).parts
        if path.is_file() and not any(part in GENERATED or part.startswith(".") for part in parts):
            yield path


def test_import_contracts_hold():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_its_place_in_the_order():
    config = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = {name.strip() for layer in layers for name in layer.split("|")}
    rooms = {f"geo_reports.{room(path)}" for path in modules()} - {"geo_reports.__init__", "geo_reports.__main__"}
    assert rooms <= placed


@pytest.mark.parametrize("folder", ["layers", "maps"])
def test_city_folder_holds_no_code(folder: str):
    assert [place(path) for path in (REPO / folder).rglob("*.py")] == []


def test_sql_only_in_the_store():
    found = [
        f"{place(path, node)} {name}"
        for path in modules()
        if room(path) != "store" and path != PACKAGE / "geography" / "gazetteer" / "index.py"
        for node, name in imports(path)
        if name.split(".")[0] in {"sqlalchemy", "sqlite3", "alembic", "psycopg"}
    ]
    assert found == []


def test_doors_and_maps_never_touch_the_store():
    found = []
    for path in (path for path in modules() if room(path) in DOORS):
        found += [place(path, node) for node, name in imports(path) if "store" in name.split(".")]
        for node in ast.walk(tree(path)):
            attribute = isinstance(node, ast.Attribute) and node.attr in {"store", "_store"}
            text = isinstance(node, ast.Constant) and node.value in {"store", "_store", "geo_reports.store"}
            if attribute or text:
                found.append(place(path, node))
    assert found == []


def test_environment_read_only_by_settings_and_app():
    found = []
    for path in (path for path in modules() if room(path) not in {"settings", "app"}):
        found += [place(path, node) for node, name in imports(path) if name in {"os.environ", "os.getenv"}]
        found += [
            place(path, node)
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
        ]
    assert found == []


def test_no_folium_popups_or_tooltips():
    """They put text into JavaScript template literals, where an escaped ``${...}`` still runs."""
    found = []
    for path in modules():
        found += [place(path, node) for node, name in imports(path) if name.split(".")[-1] in {"Popup", "Tooltip"}]
        for node in ast.walk(tree(path)):
            attribute = isinstance(node, ast.Attribute) and node.attr in {"Popup", "Tooltip"}
            argument = isinstance(node, ast.keyword) and node.arg in {"popup", "tooltip"}
            if attribute or argument:
                found.append(place(path, node))
    assert found == []


def test_no_third_party_assets_in_the_checkout():
    assert [place(path) for path in own_files() if FOREIGN_ASSET.search(path.name.lower())] == []


def test_no_city_name_in_the_package():
    city = tomllib.loads((REPO / "layers" / "city.toml").read_text(encoding="utf-8"))
    names = {plain(city["id"]), plain(city["name"])}
    found = [
        place(path)
        for path in PACKAGE.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and any(name in plain(path.read_text(encoding="utf-8", errors="ignore")) for name in names)
    ]
    assert found == []


def plain(text: str) -> str:
    """Lower case without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def test_modules_are_short():
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_MODULE_LINES} == {}


def test_functions_are_short():
    found = [
        f"{place(path, node)} {node.name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert found == []
