"""What a person who installs the package gets: all of the program, and nothing else."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of the files in the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_wheel_holds_the_package_and_its_description_only(wheel: list[str]):
    package, description = sorted({name.split("/")[0] for name in wheel})
    assert package == "geo_reports"
    assert re.fullmatch(r"geo_reports-[\d.]+\.dist-info", description)


def test_wheel_holds_every_file_of_the_package(wheel: list[str], repo: Path):
    package = repo / "geo_reports"
    source = {path.relative_to(repo).as_posix() for path in package.rglob("*") if path.is_file()}
    wanted = {name for name in source if "__pycache__" not in name}
    assert "geo_reports/py.typed" in wanted
    assert {name for name in wheel if name.startswith("geo_reports/")} == wanted


def test_wheel_carries_the_licence_and_the_command(wheel: list[str]):
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in wheel)
