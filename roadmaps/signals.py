"""Events that other apps and rooms may hear of; senders give `roadmap`, or `review`."""

from django.dispatch import Signal

# The plan is rows and the status GENERATING: content is wanted. Sent again where a run was lost.
roadmap_approved = Signal()
# The plan of a course; `concepts` are ids of those whose content no longer fits.
plan_changed = Signal()
# A run writes all that is missing; before the roadmap's row is locked: whoever writes a part of it
# alone must stop.
content_taken_over = Signal()
# To READY, PARTIAL, FAILED or CANCELLED, in the transaction that says so.
roadmap_ended = Signal()
# To the trash or deleted, in that transaction, before the roadmap's row is locked: whoever still
# writes for it must stop, and what belongs to it is locked.
roadmap_withdrawn = Signal()
# `review` waits for a decision, in the transaction that opens it.
review_opened = Signal()
# `review`, in the transaction of its decision.
review_decided = Signal()
