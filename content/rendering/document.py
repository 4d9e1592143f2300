"""What a drawn text is: HTML that is safe for a browser, its headings, whether it has a diagram.

Pages import this and never the parser: a text is drawn when it is stored.
"""

import html
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Heading:
    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Document:
    html: str
    headings: tuple[Heading, ...] = ()  # of the two upper levels
    has_diagram: bool = False

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, encoded: bytes) -> "Document":
        fields = json.loads(encoded)
        fields["headings"] = tuple(Heading(**heading) for heading in fields["headings"])
        return cls(**fields)


def plain(text: str) -> Document:
    """The text as it was written, for whatever can't be drawn."""
    return Document(f'<div class="plain">{html.escape(text)}</div>')
