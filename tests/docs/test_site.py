"""The documentation as one site: it builds without a warning, leads nowhere astray, and leaves
nothing out.
"""

import json
import os
import re
import subprocess
import sys
import uuid
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

from docs import reference, source
from logs_app import buffer
from tests.conftest import ROOT

PAGES = reference.pages()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a strict build."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(folder),
    ]
    built = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False
    )
    assert built.returncode == 0, built.stderr
    return folder


class Links(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.read, self.loaded = (
            [],
            [],
        )  # what a reader may follow; what a browser fetches by itself
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        fetched = tag in ("script", "img", "source", "iframe") or (
            tag == "link" and found.get("rel") != "canonical"
        )
        if address := found.get("src") or found.get("href"):
            (self.loaded if fetched else self.read).append(address)


def is_ours(address):
    return not urlsplit(address).scheme and bool(urlsplit(address).path)


def test_every_link_and_picture_of_the_site_is_there(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        links = Links(page)
        for address in filter(is_ours, links.read + links.loaded):
            path = unquote(urlsplit(address).path)
            target = site / path.lstrip("/") if path.startswith("/") else page.parent / path
            assert target.exists(), f"{page.relative_to(site)} leads to {address}"


def test_the_site_loads_nothing_from_elsewhere(site):
    loaded = [address for page in site.rglob("*.html") for address in Links(page).loaded]
    styles = [text for sheet in (site / "face", site / "site.css") for text in texts(sheet)]
    assert loaded
    assert [address for address in loaded if urlsplit(address).netloc] == []
    assert [text for text in styles if re.search(r"@import|url\([\"']?(https?:)?//", text)] == []


def texts(place):
    files = [place] if place.is_file() else place.rglob("*.css")
    return [path.read_text(encoding="utf-8") for path in files]


def test_the_search_knows_the_generated_pages(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "reference/settings.html" in index
    assert "LEASE_SECONDS" in index


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](gone.md)")
    settings = (
        (ROOT / "mkdocs.yml").read_text().replace("docs/hooks.py", str(ROOT / "docs" / "hooks.py"))
    )
    (tmp_path / "mkdocs.yml").write_text(settings)
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-f",
        str(tmp_path / "mkdocs.yml"),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    built = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert built.returncode != 0
    assert "'gone.md'" in built.stderr


def test_links_between_the_files_of_the_repository_resolve():
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for address in re.findall(r"\]\(<?([^)>\s]+)", file.read_text(encoding="utf-8")):
            path = urlsplit(address).path
            made = (
                PAGES.keys() | {"contributing.md", "changelog.md"}
                if file.parent.name == "docs"
                else set()
            )
            if is_ours(address) and path not in made:
                assert (file.parent / path).exists(), f"{file.name} leads to {address}"


def test_every_setting_that_is_read_has_a_row():
    assert {"LLM_MODEL", "LEASE_SECONDS", "DJANGO_SUPERUSER_EMAIL"} <= {
        one.name for one in source.settings()
    }
    assert reference.undocumented() == []


def test_a_setting_without_a_row_is_named(monkeypatch, tmp_path):
    rows = reference.OPERATIONS.read_text().splitlines()
    changed = tmp_path / "operations.md"
    changed.write_text("\n".join(row for row in rows if "`LEASE_SECONDS` |" not in row))
    monkeypatch.setattr(reference, "OPERATIONS", changed)
    assert reference.undocumented() == ["LEASE_SECONDS"]


def test_no_row_tells_of_a_setting_that_nothing_reads():
    code = "\n".join(path.read_text(encoding="utf-8") for path in source.files())
    gone = [name for row in reference.documented() for name in row.names if f'"{name}"' not in code]
    assert gone == []


def test_the_page_of_settings_has_each_with_what_it_accepts():
    page = PAGES["reference/settings.md"]
    for setting in source.settings():
        assert re.search(rf"^\| .*`{setting.name}`", page, re.MULTILINE), setting.name
    assert "| `EXPERT_LINK_DAYS` | 1 to 365 | 7 |" in page


def test_every_command_is_on_its_page():
    files = [
        path
        for path in source.files()
        if path.parent.name == "commands" and path.stem != "__init__"
    ]
    assert len(files) > 5
    for file in files:
        assert f"\n### {file.stem}\n" in PAGES["reference/commands.md"], file


def test_every_make_target_is_on_the_page_of_commands():
    for target in re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE):
        assert f"`make {target}`" in PAGES["reference/commands.md"]


def test_every_task_is_on_its_page_and_says_what_it_does():
    code = "\n".join(path.read_text(encoding="utf-8") for path in source.files())
    names = re.findall(r'@shared_task\(name="([^"]+)"', code)
    assert len(names) > 5
    for name in names:
        row = re.search(
            rf"^\| `{re.escape(name)}` \|.*$", PAGES["reference/tasks.md"], re.MULTILINE
        )
        assert row, f"{name} is missing"
        assert not row[0].endswith("|  |"), f"{name} has no docstring"


def test_tasks_stand_below_the_queue_that_carries_them():
    below = PAGES["reference/tasks.md"].split("## `content_generation`")[1].split("\n## ")[0]
    assert "`retry_quiz_task`" in below
    assert "`batch_write_logs`" not in below


def test_every_event_is_on_its_page():
    code = "\n".join(path.read_text(encoding="utf-8") for path in source.files())
    calls = re.findall(r"progress\.record\(\s*[^,]+,\s*(\S+?),", code)
    assert len(calls) > 10
    for name in calls:
        assert re.fullmatch(r'"\w+"', name), (
            f"{name}: an event is told by a name that can be looked for"
        )
        assert f"| `{name[1:-1]}` |" in PAGES["reference/events.md"]


def test_the_fields_of_an_event_are_those_that_are_described():
    told = buffer.make_event(uuid.uuid4(), "requested", "The goal is stated", "info", {})
    assert list(told) == list(reference.EVENT_FIELDS)


def test_every_field_of_a_course_is_on_its_page():
    schema = json.loads((ROOT / "docs" / "course.schema.json").read_text(encoding="utf-8"))
    for described in (schema, *schema["$defs"].values()):
        for name in described["properties"]:
            assert f"\n| `{name}` | " in PAGES["reference/course.md"]
    assert "| `minutes` | 1 to 6,000 | yes |" in PAGES["reference/course.md"]


@pytest.fixture
def hooks():
    from docs import hooks

    return hooks


def config_of(folder, nav):
    return SimpleNamespace(docs_dir=str(folder), nav=nav)


def test_a_screenshot_is_shown_when_it_is_there_in_both_schemes(hooks, tmp_path):
    page, config = 'Before\n\n<!-- screenshot inbox "The inbox" -->\n', config_of(tmp_path, [])
    pictures = tmp_path / "screenshots"
    pictures.mkdir()
    (pictures / "inbox-light.png").touch()
    assert hooks.on_page_markdown(page, None, config, None).strip() == "Before"
    (pictures / "inbox-dark.png").touch()
    assert "![The inbox](screenshots/inbox-dark.png#only-dark)" in hooks.on_page_markdown(
        page, None, config, None
    )


def test_a_bar_in_the_code_of_a_table_is_shown_without_its_backslash(hooks, tmp_path):
    page = "| `a\\|b` | c \\| d |\n\n`a\\|b`\n"
    shown = hooks.on_page_markdown(page, None, config_of(tmp_path, []), None)
    assert shown == "| `a|b` | c \\| d |\n\n`a\\|b`\n"


def test_the_navigation_leaves_out_what_is_missing_and_adds_what_it_does_not_know(hooks, tmp_path):
    (tmp_path / "index.md").touch()
    (tmp_path / "new.md").touch()
    nav = [
        {"Start": ["index.md"]},
        {"How-to guides": [{"Gone": "gone.md"}]},
        {"Explanation": [{"Soon": "soon.md"}]},
    ]
    built = hooks.on_config(config_of(tmp_path, nav)).nav
    assert built[0] == {"Start": ["index.md"]}
    assert "new.md" in built[1]["How-to guides"]
    assert {"Gone": "gone.md"} not in built[1]["How-to guides"]
    assert len(built) == 2
