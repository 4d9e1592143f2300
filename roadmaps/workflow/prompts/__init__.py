"""Instructions of the workflow's roles, one Markdown file each."""

from functools import partial

from roadmaps import prompts

instructions = partial(prompts.instructions, __name__)
messages = partial(prompts.messages, __name__)
