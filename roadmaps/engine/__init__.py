"""Engine of durable runs: event loop, checkpoints, leases, the driver, dispatch and recovery.

It knows rows that are Driven, and no plan and no review.

The order of locks is lease → artifact → roadmap → review. Whoever takes more than one of them in a
transaction takes them in this order, so two transactions never wait for each other. A lease is
locked where it is acquired, revoked or proved (`Hold.writing`), and who revokes the leases of
artifacts does so before the roadmap's row is locked (the signal `content_taken_over`). Around these
stand what nobody takes after them: a learner's account first of all (`request.limits.take_turn`),
a concept before its artifacts. One step goes back, from the roadmap to its artifacts: what a run
left half written is put back when the run ends (`roadmap_ended`) or its plan was changed. By then
their leases are revoked or the run's own, so nobody who holds such an artifact waits for the
roadmap.
"""
