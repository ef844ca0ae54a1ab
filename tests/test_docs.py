"""What the program offers is written down, and what is written down exists."""

import re
from pathlib import Path

import pytest

from geo_reports.cli.common import app
from geo_reports.settings import Settings


def _commands() -> list[str]:
    import geo_reports.cli  # noqa: F401 registers the commands

    return [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(repo: Path, name: str) -> None:
    field = Settings.model_fields[name]
    assert f"| `GEO_REPORTS_{name.upper()}` | {field.description} |" in (repo / "docs" / "operations.md").read_text()


def test_every_command_is_documented(repo: Path) -> None:
    text = (repo / "docs" / "operations.md").read_text()
    missing = [name for name in [*_commands(), "user"] if f"| `geo-reports {name}" not in text]
    assert missing == []


def test_links_between_documents_lead_somewhere(repo: Path) -> None:
    broken = []
    for page in [*repo.glob("*.md"), *repo.glob("docs/**/*.md"), *repo.glob("layers/*.md"), *repo.glob("maps/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(repo)}: {target}")
    assert broken == []


def test_every_room_is_in_the_architecture_page(repo: Path) -> None:
    text = (repo / "docs" / "architecture.md").read_text()
    rooms = {path.stem for path in (repo / "geo_reports").iterdir() if not path.name.startswith(("_", "py.typed"))}
    assert sorted(room for room in rooms if f"`{room}`" not in text) == []


def test_every_picture_of_the_guides_is_there_small_and_shown(repo: Path) -> None:
    guides = repo / "docs" / "guides"
    shown = {
        (page.parent / target).resolve()
        for page in guides.glob("*/*.md")
        for target in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text())
    }
    kept = {path.resolve() for path in (guides / "img").iterdir()}
    assert shown == kept
    assert [path.name for path in kept if path.stat().st_size > 60_000] == []
    assert sum(path.stat().st_size for path in kept) < 1_500_000
    taken = (guides / "walk.py").read_text()
    assert sorted(path.stem for path in kept if f'"{path.stem}"' not in taken) == []
