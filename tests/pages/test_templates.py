"""Templates: each of them loads, with the tags and filters that it names."""

from pathlib import Path

from django.template import Engine

FOLDER = Path(__file__).parents[2] / "templates"


def test_every_template_loads():
    engine = Engine.get_default()
    for path in FOLDER.rglob("*.*"):
        name = path.relative_to(FOLDER)
        if path.suffix in (".html", ".txt", ".xml", ".svg") and name.parts[0] not in (
            "packages",
            "static",
        ):
            engine.get_template(str(name))
