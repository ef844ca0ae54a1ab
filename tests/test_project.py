"""What the repository promises to whoever opens it for the first time."""

import os
import re
import subprocess
from pathlib import Path

import pytest

TARGETS = ("serve", "test", "lint", "format", "bench", "clean")


def test_licence_is_apache_2(repo: Path):
    text = (repo / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text


@pytest.mark.parametrize("command", ["make serve", "make test"])
def test_readme_names_the_first_commands(repo: Path, command: str):
    assert command in (repo / "README.md").read_text(encoding="utf-8")


def test_changelog_says_what_is_unreleased(repo: Path):
    assert "## [Unreleased]" in (repo / "CHANGELOG.md").read_text(encoding="utf-8")


def test_make_alone_lists_every_target(repo: Path):
    done = subprocess.run(["make", "--no-print-directory"], cwd=repo, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make (\w+) ", done.stdout, flags=re.MULTILINE)
    assert set(TARGETS) <= set(listed)


def test_make_refuses_an_old_python_with_a_sentence(repo: Path, tmp_path: Path):
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    command = ["make", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}", f"{tmp_path}/venv/bin/pip"]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_what_cannot_be_installed_fails_only_in_ci(repo: Path, tmp_path: Path, ci: str, code: int):
    # a path without a browser and without apt-get
    for name in ("bash", "id"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    command = ["/usr/bin/env", "bash", str(repo / ".ci" / "system-packages")]
    done = subprocess.run(command, env={"PATH": str(tmp_path), "CI": ci}, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "This machine lacks chromium" in done.stderr


def test_ci_runs_where_a_clone_puts_it(repo: Path):
    for script in ("run", "system-packages"):
        path = repo / ".ci" / script
        assert os.access(path, os.X_OK)
        assert "set -euo pipefail" in path.read_text(encoding="utf-8")


def test_decisions_are_dated_pages(repo: Path):
    records = sorted((repo / "docs" / "decisions").glob("*.md"))
    assert records
    for number, path in enumerate(records, start=1):
        text = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{number:04d}-")
        assert re.search(r"^Date: \d{4}-\d\d-\d\d$", text, flags=re.MULTILINE)
        assert len(text.splitlines()) <= 60, f"{path.name} is longer than a page"
