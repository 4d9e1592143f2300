"""Makes one site of docs/: the reference from the code, the navigation from what is there,
pictures if there are.
"""

import logging
import os
import re
from pathlib import Path
from typing import Any

import django
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from docs import reference  # noqa: E402 - needs Django

logger = logging.getLogger("mkdocs.plugins.cairn")  # what warns here fails a strict build
ROOT = Path(__file__).resolve().parent.parent
FACE = (
    "cairn/cairn.svg",
    "cairn/tokens.css",
    "vendor/fraunces.woff2",
)  # of the product's own pages
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
    """Pages of the navigation that don't exist are left out; pages it doesn't know are put below
    the guides.
    """
    there = _pages(Path(config.docs_dir)) | _made().keys()
    sections: list[dict[str, Any]] = config.nav or []
    unlisted = sorted(there - set(_paths(sections)))
    config.nav = _existing([_with(unlisted, section) for section in sections], there)
    return config


def _with(unlisted: list[str], section: dict[str, Any]) -> dict[str, Any]:
    return {
        title: part + unlisted if title == UNLISTED else part for title, part in section.items()
    }


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path, text in _made().items():
        files.append(File.generated(config, path, content=text))
    for name in FACE:
        files.append(
            File.generated(
                config, f"face/{name}", abs_src_path=str(ROOT / "templates" / "static" / name)
            )
        )
    for name in reference.undocumented():
        logger.warning("%s is read, but has no row under Settings in docs/operations.md", name)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    with_pictures = SCREENSHOT.sub(lambda found: _figure(found, Path(config.docs_dir)), markdown)
    return TABLE_ROW.sub(
        lambda row: CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0]), with_pictures
    )


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Material's dialog for the search has no name of its own."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def _figure(found: re.Match[str], docs: Path) -> str:
    """Pictures are made by docs/screenshots.py and not kept with the text, so they may be missing."""
    shots = [docs / "screenshots" / f"{found['name']}-{scheme}.png" for scheme in ("light", "dark")]
    return FIGURE.format(**found.groupdict()) if all(shot.exists() for shot in shots) else ""


def _made() -> dict[str, str]:
    copied = {path: (ROOT / name).read_text(encoding="utf-8") for path, name in FROM_ROOT.items()}
    return {
        path: text.replace("](docs/", "](") for path, text in copied.items()
    } | reference.pages()


def _pages(docs: Path) -> set[str]:
    return {str(path.relative_to(docs)) for path in docs.rglob("*.md")}


def _paths(item: Any) -> list[str]:
    if isinstance(item, str):
        return [item]
    parts = item if isinstance(item, list) else item.values()
    return [path for part in parts for path in _paths(part)]


def _existing(item: Any, there: set[str]) -> Any:
    """`item` of a navigation without what is not there; nothing when nothing is left."""
    if isinstance(item, str):
        return item if item in there else None
    if isinstance(item, list):
        return [kept for part in item if (kept := _existing(part, there))]
    return {title: kept for title, part in item.items() if (kept := _existing(part, there))}
