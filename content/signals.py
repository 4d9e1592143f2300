"""Events of content, for the apps that build on it."""

from django.dispatch import Signal

quiz_written = Signal()  # quiz; in the transaction that has replaced its questions
