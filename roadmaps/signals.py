"""What other apps may hear of; senders give `roadmap`."""

from django.dispatch import Signal

roadmap_approved = Signal()  # the plan is rows and the status GENERATING: content is wanted
plan_changed = Signal()  # of a course; `concepts` are ids of those whose content no longer fits
roadmap_stopped = Signal()  # cancelled: nothing of it is being written any more
roadmap_withdrawn = (
    Signal()
)  # to the trash or deleted, in that transaction: whoever still writes for it must stop
# A run writes all that is missing; before the roadmap's row is locked: whoever writes a part of it
# alone must stop.
content_taken_over = Signal()
roadmap_ended = Signal()  # a run came to READY, PARTIAL or FAILED, in the transaction that says so
review_decided = Signal()  # `review`, in the transaction of the decision
review_opened = Signal()  # `review` waits, in the transaction that opens it
pruning = Signal()  # prune() is running; no arguments; receivers return counts by what they deleted
time_zone_wanted = Signal()  # of `user`: receivers return its name, or an empty text
# What is kept of `user`: receivers return an iterable of (path without suffix, plain data), read
# one by one.
collect_personal_data = Signal()
