"""Instructions of the artifact kinds, one Markdown file each, named after the kind."""

from functools import partial

from roadmaps import prompts

messages = partial(prompts.messages, __name__)
