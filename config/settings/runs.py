"""Limits of runs, and how long what they made is kept."""

from config import env

LEASE_SECONDS = env.integer("LEASE_SECONDS", 6)  # a worker silent for so long has lost its runs
HEARTBEAT_SECONDS = LEASE_SECONDS / 8
DISPATCH_GRACE_SECONDS = env.integer(
    "DISPATCH_GRACE_SECONDS", 60
)  # a queued run not started by then is sent again
MAX_ATTEMPTS = env.integer("MAX_ATTEMPTS", 5)  # workers that may die driving one run
MAX_EDIT_ROUNDS = env.integer("MAX_EDIT_ROUNDS", 3, least=0)  # automatic rounds before each review
NODE_TIMEOUT_SECONDS = env.integer(
    "NODE_TIMEOUT_SECONDS", 900
)  # one step of a workflow, or one artifact
RUN_TIMEOUT_SECONDS = env.integer(
    "RUN_TIMEOUT_SECONDS", 3600
)  # one run of a workflow, or of a roadmap's content
MAX_RUNNING_ROADMAPS = env.integer(
    "MAX_RUNNING_ROADMAPS", 5, least=0
)  # of one learner at once; 0: no limit
QUESTIONS_SECONDS = env.integer(
    "QUESTIONS_SECONDS", 20
)  # a page waits so long for the model's questions
PRUNE_AFTER_DAYS = env.integer("PRUNE_AFTER_DAYS", 30)
TRASH_DAYS = env.integer(
    "TRASH_DAYS", 30, least=0
)  # how long a roadmap in the trash can be restored
EXPORT_KEEP_DAYS = env.integer("EXPORT_KEEP_DAYS", 7, most=365)  # how long a written file stays
IMPORT_MAX_BYTES = env.integer(
    "IMPORT_MAX_BYTES", 5_000_000, least=1000, most=100_000_000
)  # of one imported course
