"""Drawing of a tutorial's text, in a process that ends when it takes too long.

What can't be drawn with coloured code is drawn with plain code, and what can't be drawn at all is
shown as it was written: each text has an end, whatever is in it.
"""

import hashlib
import json
import logging

from django.conf import settings

from content.rendering.document import Document, plain
from content.sandbox import LimitReached, Limits, ProcessEnded, Sandbox, WorkFailed

logger = logging.getLogger(__name__)

VERSION = 1  # of the renderer: a higher one draws every text anew
OLDEST_SHOWN = 1  # what an older renderer made is no longer safe, or fits no style sheet
MEMORY_BYTES = 512 * 1024**2
HTML_BYTES = 2_000_000  # of one text, with its headings

WORK = "content.rendering.markdown:work"
# A course that is being written doesn't wait behind thousands of texts that were stored earlier.
OF_RUNS, OF_STORED = Sandbox(WORK), Sandbox(WORK)


class NotDrawn(Exception):
    """Nobody could draw just now; the text is as good as it was."""


def digest(text: str) -> str:
    """The name of a text; PostgreSQL's md5() gives the same."""
    return hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def draw(text: str, name: str, sandbox: Sandbox) -> Document:
    """`name` says in the log whose text it is. Raises NotDrawn."""
    for colour_seconds in (settings.DRAW_SECONDS / 2, 0):
        argument = json.dumps({"text": text, "colour_seconds": colour_seconds}).encode()
        limits = Limits(settings.DRAW_SECONDS, MEMORY_BYTES, HTML_BYTES)
        try:
            return Document.decode(sandbox.call(argument, limits))
        except (ProcessEnded, OSError) as exc:
            raise NotDrawn(f"{name} will be drawn later: {exc}") from exc
        except (LimitReached, WorkFailed) as exc:
            reason = exc
    logger.warning("%s is shown as it was written: %s", name, reason)
    return plain(text)
