"""Watch of the keeper over one embedded server, which starts it again when it has died."""

import contextlib
import os
import time
from datetime import datetime
from pathlib import Path

from config.embedded.errors import EmbeddedServiceError
from config.embedded.server import Answer, Server

STEADY_SECONDS = 60  # a server that has run for so long and dies is no repetition
PAUSE_MAX_SECONDS = 60


class Told:
    """Sentences of the keeper in a file, which `up` shows in its terminal."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = self._size()

    def tell(self, sentence: str) -> None:
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        # On a full disk the line is lost, and the keeper must go on.
        with contextlib.suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write(f"{now} {sentence}\n")

    def tell_death(self, server: Server) -> None:
        self.tell(f"{server.name} has died; it is started again.")

    def tell_return(self, server: Server, seconds: float) -> None:
        self.tell(f"{server.name} is back after {seconds:.0f} s.")

    def new_lines(self) -> list[str]:
        """What was told since this object was made, or since the last call."""
        if self._size() <= self._read:
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        self._read += len(whole) + 1 if whole else 0
        return whole.decode(errors="replace").splitlines()

    def _size(self) -> int:
        try:
            return os.stat(self._path).st_size
        except FileNotFoundError:
            return 0


class Watch:
    """One line tells of each death and one of each return.

    The first start comes at once; each further death within a minute doubles the pause before it.
    """

    def __init__(self, server: Server, told: Told) -> None:
        self._server = server
        self._told = told
        self._deaths = 0  # in a row
        self._away_since: float | None = None  # until its return is told
        self._due: float | None = None  # the time of the next start, after a death
        self._launched = 0.0
        self._is_starting = False

    def look(self) -> None:
        """One look, under the lock `services.lock`."""
        if not self._server.is_wanted():  # stopped on purpose
            self._deaths, self._away_since, self._due = 0, None, None
            self._is_starting = False
        elif self._server.runs():
            self._due, self._is_starting = None, False
            self._look_for_return()
        elif not (self._is_starting and self._server.lives()):
            if self._due is None:
                self._note_death()
            if self._due is not None and time.monotonic() >= self._due:
                self._launch()

    def _look_for_return(self) -> None:
        if self._away_since is not None and self._server.answer() is Answer.READY:
            self._told.tell_return(self._server, time.monotonic() - self._away_since)
            self._away_since = None

    def _note_death(self) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            if now - self._launched > STEADY_SECONDS:
                self._deaths = 0
        self._deaths += 1
        pause = min(2 ** (self._deaths - 1), PAUSE_MAX_SECONDS) if self._deaths > 1 else 0
        self._due = now + pause
        if pause:
            self._told.tell(
                f"{self._server.name} has died {self._deaths} times in a row; "
                f"it is started again in {pause} s. {self._server.reason()}."
            )
        else:
            self._told.tell_death(self._server)

    def _launch(self) -> None:
        self._launched, self._due = time.monotonic(), None
        try:
            self._server.launch()
            self._is_starting = True
        except (EmbeddedServiceError, OSError) as exc:
            self._told.tell(f"{self._server.name} could not be started: {exc}")
