"""The built-in author: answers every role without a network, a key or a model, the same way each time.

It knows how people learn, not the subject: what it writes is a frame for self-study, and says so.
"""

from roadmaps.llm.author.model import BuiltInAuthor, answer
from roadmaps.llm.author.words import CONNECT_A_MODEL, MADE_WITHOUT_A_MODEL

__all__ = ["CONNECT_A_MODEL", "MADE_WITHOUT_A_MODEL", "BuiltInAuthor", "answer"]
