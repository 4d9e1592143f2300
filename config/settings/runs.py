"""Settings of runs: their limits, and the time that their results are kept."""

from config import env

LEASE_SECONDS = env.integer("LEASE_SECONDS", 6)  # a worker silent for so long has lost its runs
HEARTBEAT_SECONDS = LEASE_SECONDS / 8
# A queued run that has not started by then is sent again.
DISPATCH_GRACE_SECONDS = env.integer("DISPATCH_GRACE_SECONDS", 60)
MAX_ATTEMPTS = env.integer("MAX_ATTEMPTS", 5)  # workers that may die driving one run
MAX_EDIT_ROUNDS = env.integer("MAX_EDIT_ROUNDS", 3, least=0)  # automatic rounds before each review
# For one step of a workflow, or one artifact.
NODE_TIMEOUT_SECONDS = env.integer("NODE_TIMEOUT_SECONDS", 900)
# For one run of a workflow, or of a roadmap's content.
RUN_TIMEOUT_SECONDS = env.integer("RUN_TIMEOUT_SECONDS", 3600)
# The time that a page waits for the model's questions.
QUESTIONS_SECONDS = env.integer("QUESTIONS_SECONDS", 20)
PRUNE_AFTER_DAYS = env.integer("PRUNE_AFTER_DAYS", 30)
# The time in which a roadmap in the trash can be restored.
TRASH_DAYS = env.integer("TRASH_DAYS", 30, least=0)
EXPORT_KEEP_DAYS = env.integer("EXPORT_KEEP_DAYS", 7, most=365)  # how long a written file stays
# For one file, whose process is ended when it takes more: on a processor, and by the clock four
# times as long; beside what Python itself reserves; and what is kept of it.
EXPORT_SECONDS = env.integer("EXPORT_SECONDS", 60, most=3600)
EXPORT_MEMORY_MB = env.integer("EXPORT_MEMORY_MB", 1024, least=128, most=65536)
EXPORT_MAX_BYTES = env.integer("EXPORT_MAX_BYTES", 25_000_000, least=1000, most=500_000_000)
# Of a processor, to draw one text; half of it may go into the colours of its code.
DRAW_SECONDS = env.integer("DRAW_SECONDS", 5, most=600)
