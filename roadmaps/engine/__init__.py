"""Engine of durable runs: event loop, checkpoints, leases, dispatch and recovery.

It knows no plan and no review.
"""
