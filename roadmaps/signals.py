"""What other apps may hear of; senders give `roadmap`."""

from django.dispatch import Signal

roadmap_approved = Signal()  # the plan is rows and the status GENERATING: content is wanted
roadmap_stopped = Signal()  # cancelled: nothing of it is being written any more
review_opened = Signal()  # `review` waits, in the transaction that opens it
recovering = Signal()  # recover() is running; no arguments
