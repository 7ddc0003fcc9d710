"""Documents are tested like code: what they name must exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'src="([^"]+)"', text)
    dead = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_and_modules_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    names = re.findall(r"`((?:show|render|mapping|server|configs|docs|tests)/[\w./-]+)`", text)
    modules = re.findall(r"`((?:show|render|mapping|server)\.[a-z_.]+)`", text)
    names += [module.replace(".", "/") for module in modules]
    missing = [name for name in names if not (ROOT / name).exists() and not (ROOT / f"{name}.py").exists()]
    assert missing == []


def test_every_command_of_the_readme_exists() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "show", "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"`oriel ([a-z]+)", text))
    assert commands
    assert {command for command in commands if command not in done.stdout} == set()
    targets = set(re.findall(r"make ([a-z-]+)", text))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()


def test_the_architecture_page_fits_two_pages() -> None:
    assert len((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split()) <= 1200
