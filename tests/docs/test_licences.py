"""What Cairn stands on is permissive, or is named with its licence."""

import json
import re
from importlib import metadata
from typing import Any

import pytest

from tests.conftest import ROOT

PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|0BSD|Unlicense)\b", re.IGNORECASE
)
NAMED = re.compile(r"GPL|\bMPL\b|Mozilla|EUPL|CDDL|SSPL", re.IGNORECASE)
PAGE = (ROOT / "docs" / "licences.md").read_text()


def licence_of(package):
    facts: Any = metadata.metadata(package)  # a Message, whatever its type says
    classified = [
        one.split(" :: ")[-1]
        for one in facts.get_all("Classifier", [])
        if one.startswith("License")
    ]
    return facts.get("License-Expression") or "; ".join(classified) or facts.get("License", "")


def locked():
    names = re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    here = {one.metadata["Name"].lower().replace("_", "-") for one in metadata.distributions()}
    return sorted(name for name in set(names) if name in here)  # some are for other systems


@pytest.mark.parametrize("package", locked())
def test_each_package_is_permissive_or_named(package):
    licence = licence_of(package)
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("|") and re.search(rf"\b{package}\b", line)
    ]
    if NAMED.search(licence):
        assert rows, f"{package} is under {licence}"
    else:
        assert PERMISSIVE.search(licence), f"{package}: {licence}"


def test_no_package_is_under_a_strong_copyleft():
    strong = [one for one in locked() if re.search(r"(?<!L)GPL", licence_of(one))]
    assert strong == []


def test_each_package_of_the_pages_is_named():
    wanted = json.loads((ROOT / "templates" / "packages" / "package.json").read_text())[
        "dependencies"
    ]
    assert [name for name in wanted if f"| {name} |" not in PAGE] == []
