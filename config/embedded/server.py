"""What the embedded servers have in common, for those who start and watch them."""

import enum
from typing import Protocol


class Answer(enum.Enum):
    """What a server says to somebody who knocks. An error is an answer, too: it is there."""

    READY = enum.auto()
    BUSY = enum.auto()  # it still reads its files, or says nothing
    NONE = enum.auto()  # the connection is refused: nobody is there


class Server(Protocol):
    """A server of a folder; all but `name` and `answer` needs the lock `services.lock`."""

    @property
    def name(self) -> str: ...

    def answer(self) -> Answer: ...

    def runs(self) -> bool: ...

    def lives(self) -> bool:
        """True while any process of it is there: one that starts, or what a killed one left."""
        ...

    def is_wanted(self) -> bool:
        """True from its start to the next `stop`: when it doesn't run then, it has died."""
        ...

    def launch(self) -> bool:
        """Start it unless it runs, without waiting for it; returns whether it was started.

        Raises EmbeddedServiceError, OSError.
        """
        ...

    def prepare(self) -> str:
        """The address, once it is ready. Raises EmbeddedServiceError."""
        ...

    def reason(self) -> str:
        """Why it doesn't start, and where to look."""
        ...
