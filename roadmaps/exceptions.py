"""Errors that callers decide on."""


class InvalidTransition(Exception):
    """The row is no longer in a state that allows this; the message is a sentence for the person
    who asked.
    """


class RunNotClaimed(Exception):
    """Somebody else drives this thread, or this run is over: nothing to do."""


class LeaseLost(Exception):
    """This process no longer owns what it was writing; it must write nothing more."""


class RunError(Exception):
    """A run cannot go on; the message says why and what helps."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class LLMError(Exception):
    """A model call failed for good; `permanent` when trying again later can't help."""

    def __init__(self, said: str, *, permanent: bool) -> None:
        super().__init__(said)
        self.said, self.permanent = said, permanent
