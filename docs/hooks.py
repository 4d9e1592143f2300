"""Hooks of MkDocs: the reference from the code, the navigation from the files, and pictures."""

import logging
import os
import re
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if not apps.ready:  # once: it sets up logging too, on the standard error of the moment
    django.setup()

from docs import reference

logger = logging.getLogger("mkdocs.plugins.cairn")  # what warns here fails a strict build
ROOT = Path(__file__).resolve().parent.parent
# Files of the product's own pages.
FACE = ("cairn/cairn.svg", "cairn/tokens.css", "vendor/fraunces.woff2")
FROM_ROOT = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
UNLISTED = "How-to guides"
SCREENSHOT = re.compile(r'^<!-- screenshot (?P<name>[a-z-]+) "(?P<text>[^"]+)" -->$', re.MULTILINE)
# A forge needs the backslash before a bar in a table's code; Python-Markdown shows it.
TABLE_ROW = re.compile(r"^\|.*$", re.MULTILINE)
CODE = re.compile(r"`[^`]*`")
FIGURE = """<figure class="screenshot" markdown>
![{text}](screenshots/{name}-light.png#only-light)
![{text}](screenshots/{name}-dark.png#only-dark)
<figcaption>{text}</figcaption>
</figure>"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Match the navigation to the pages that exist.

    Pages that don't exist are left out, and pages that it doesn't list are put below the guides.
    """
    docs = Path(config.docs_dir)
    pages = {str(path.relative_to(docs)) for path in docs.rglob("*.md")} | _generated().keys()
    sections: list[dict[str, Any]] = config.nav or []
    unlisted = sorted(pages - set(_paths(sections)))
    for section in sections:
        if UNLISTED in section:
            section[UNLISTED] = section[UNLISTED] + unlisted
    config.nav = _existing(sections, pages)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path, text in _generated().items():
        files.append(File.generated(config, path, content=text))
    for name in FACE:
        source = str(ROOT / "templates" / "static" / name)
        files.append(File.generated(config, f"face/{name}", abs_src_path=source))
    for name in reference.undocumented():
        logger.warning("%s is read, but has no row under Settings in docs/operations.md", name)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    screenshots = Path(config.docs_dir) / "screenshots"

    def figure(place: re.Match[str]) -> str:
        """The picture by docs/screenshots.py, which isn't kept with the text and may be missing."""
        files = [screenshots / f"{place['name']}-{scheme}.png" for scheme in ("light", "dark")]
        if not all(file.exists() for file in files):
            return ""
        return FIGURE.format(**place.groupdict())

    def without_backslashes(row: re.Match[str]) -> str:
        return CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0])

    return TABLE_ROW.sub(without_backslashes, SCREENSHOT.sub(figure, markdown))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Name Material's dialog for the search, which has no name of its own."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def _generated() -> dict[str, str]:
    """Pages that are no files of docs/: path → Markdown."""
    pages = reference.pages()
    for path, name in FROM_ROOT.items():
        pages[path] = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
    return pages


def _paths(item: Any) -> list[str]:
    """The pages of an item of the navigation."""
    if isinstance(item, str):
        return [item]
    parts = item if isinstance(item, list) else item.values()
    return [path for part in parts for path in _paths(part)]


def _existing(item: Any, pages: set[str]) -> Any:
    """An item of the navigation with its existing pages; nothing when there are none."""
    if isinstance(item, str):
        return item if item in pages else None
    if isinstance(item, list):
        parts = [_existing(part, pages) for part in item]
        return [part for part in parts if part]
    sections = {title: _existing(part, pages) for title, part in item.items()}
    return {title: part for title, part in sections.items() if part}
