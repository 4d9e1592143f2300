"""Settings of limits: what one person, one address or one process may ask of Cairn.

PACED and AMOUNTS are the tables of them; `python -m docs.limits` writes both into
docs/operations.md.
"""

from dataclasses import dataclass

from config import env
from config.values import Rate

TOO_OFTEN = "429 with `Retry-After`, and a sentence"
TRY_LATER = "503 with `Retry-After`, and a sentence"
SENTENCE = "a sentence at the form"
DELETE = "a sentence that says what to delete"
CLOSED = "the connection is closed"
TOO_SLOW = "408, and the connection is closed"
_TURN = "it waits for its turn"
TOO_LARGE = "a sentence that names the largest concepts"
STOPPED = "the page answers 503, and nothing is saved"
WAITS = "the call waits for its turn"


@dataclass(frozen=True)
class Amount:
    """A number of things, bytes or seconds that is a limit, and what is beyond it."""

    variable: str
    of: str
    counted_for: str
    beyond: str


@dataclass(frozen=True)
class Paced:
    """A rate at which requests are taken.

    `allauth` is its name there, when allauth counts at its own pages, which `pages` names.
    """

    variable: str
    rates: tuple[Rate, ...]
    of: str
    allauth: str = ""
    pages: tuple[str, ...] = ()
    beyond: str = TOO_OFTEN


# Who signs in isn't known yet.
BEFORE_SIGN_IN = ("address", "account")
PACED = {
    "pages": Paced(
        "RATE_PAGES",
        env.rates("RATE_PAGES", "600/m/person,1200/m/stranger"),
        "pages of every kind, what stands below included",
    ),
    "search": Paced(
        "RATE_SEARCH",
        env.rates("RATE_SEARCH", "120/m/person,240/m/stranger"),
        "searches in the gallery and in the admin",
    ),
    "picture": Paced(
        "RATE_PICTURE",
        env.rates("RATE_PICTURE", "60/m/person,240/m/stranger"),
        "pictures of a course, drawn anew for each look",
    ),
    "estimate": Paced(
        "RATE_ESTIMATE",
        env.rates("RATE_ESTIMATE", "120/m/person"),
        "estimates of a roadmap while its form is filled in",
    ),
    "design": Paced(
        "RATE_DESIGN",
        env.rates("RATE_DESIGN", "30/h/person,90/h/address"),
        "goals, answers to questions, changes and retries, for which a model is asked",
    ),
    "rewrite": Paced(
        "RATE_REWRITE", env.rates("RATE_REWRITE", "60/h/person"), "lessons and quizzes written anew"
    ),
    "export": Paced(
        "RATE_EXPORT",
        env.rates("RATE_EXPORT", "120/h/person,300/h/address"),
        "exports that are written, at once or by a worker",
    ),
    "export_file": Paced(
        "RATE_EXPORT_FILE",
        env.rates("RATE_EXPORT_FILE", "60/h/person,300/h/address"),
        "downloads of files that a worker wrote",
    ),
    "import": Paced(
        "RATE_IMPORT", env.rates("RATE_IMPORT", "30/h/person,60/h/address"), "imports of a course"
    ),
    "copy": Paced("RATE_COPY", env.rates("RATE_COPY", "30/h/person"), "copies of a shared course"),
    "share": Paced(
        "RATE_SHARE",
        env.rates("RATE_SHARE", "60/h/person"),
        "links made or revoked, entries to the gallery",
    ),
    "my_data": Paced(
        "RATE_MY_DATA", env.rates("RATE_MY_DATA", "3/m/person"), "downloads of everything we store"
    ),
    "delete_account": Paced(
        "RATE_DELETE_ACCOUNT",
        env.rates("RATE_DELETE_ACCOUNT", "5/m/person"),
        "tries to delete the account",
    ),
    # Counted by allauth.
    "sign_in": Paced(
        "RATE_SIGN_IN",
        env.rates("RATE_SIGN_IN", "120/m/address", BEFORE_SIGN_IN),
        "tries to sign in",
        allauth="login",
        pages=("account_login",),
    ),
    "wrong_sign_in": Paced(
        "RATE_WRONG_SIGN_IN",
        env.rates("RATE_WRONG_SIGN_IN", "30/m/address,5/300s/account", BEFORE_SIGN_IN),
        "wrong passwords, and wrong codes of a second factor",
        allauth="login_failed",
        beyond=SENTENCE,
    ),
    "sign_up": Paced(
        "RATE_SIGN_UP",
        env.rates("RATE_SIGN_UP", "60/m/address", BEFORE_SIGN_IN),
        "new accounts",
        allauth="signup",
        pages=("account_signup",),
    ),
    "reset": Paced(
        "RATE_RESET",
        env.rates("RATE_RESET", "30/m/address,5/m/account", BEFORE_SIGN_IN),
        "emails with a link for a new password",
        allauth="reset_password",
        pages=("account_reset_password",),
    ),
    "reset_link": Paced(
        "RATE_RESET_LINK",
        env.rates("RATE_RESET_LINK", "30/m/address", BEFORE_SIGN_IN),
        "new passwords by such a link",
        allauth="reset_password_from_key",
        pages=("account_reset_password_from_key",),
    ),
    "change_sign_in": Paced(
        "RATE_CHANGE_SIGN_IN",
        env.rates("RATE_CHANGE_SIGN_IN", "5/m/person", ("person",)),
        "tries to change the password",
        allauth="change_password",
        pages=("account_change_password", "account_set_password"),
    ),
    "change_email": Paced(
        "RATE_CHANGE_EMAIL",
        env.rates("RATE_CHANGE_EMAIL", "10/m/person", ("person",)),
        "changes of the email address",
        allauth="manage_email",
        pages=("account_email",),
    ),
    "confirm_email": Paced(
        "RATE_CONFIRM_EMAIL",
        env.rates("RATE_CONFIRM_EMAIL", "1/180s/account", BEFORE_SIGN_IN),
        "emails that confirm an address",
        allauth="confirm_email",
        beyond="no second email is sent",
    ),
    "sign_in_again": Paced(
        "RATE_SIGN_IN_AGAIN",
        env.rates("RATE_SIGN_IN_AGAIN", "10/m/person", ("person",)),
        "tries to confirm who one is",
        allauth="reauthenticate",
        pages=("account_reauthenticate", "mfa_reauthenticate"),
    ),
}
RATES = {name: paced.rates for name, paced in PACED.items()}
_OF_ALLAUTH = {"person": "user", "address": "ip", "account": "key"}
ACCOUNT_RATE_LIMITS = {
    paced.allauth: ",".join(
        f"{rate.amount}/{rate.seconds}s/{_OF_ALLAUTH[rate.per]}" for rate in paced.rates
    )
    for paced in PACED.values()
    if paced.allauth
}

# Open pages of one person in one web process.
SOCKETS_PER_USER = env.integer("SOCKETS_PER_USER", 20)
# Of one learner at once; 0: no limit.
MAX_RUNNING_ROADMAPS = env.integer("MAX_RUNNING_ROADMAPS", 5, least=0)

# What one person may keep, the trash included; 0: no limit.
STORED_ROADMAPS = env.integer("STORED_ROADMAPS", 500, least=0)
STORED_COURSE_BYTES = env.integer("STORED_COURSE_BYTES", 200_000_000, least=0, most=100_000_000_000)
STORED_EXPORT_BYTES = env.integer("STORED_EXPORT_BYTES", 200_000_000, least=0, most=100_000_000_000)
# The size of one imported course.
IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_BYTES", 5_000_000, least=1000, most=100_000_000)

# Of one web process: a hash takes a core for a third of a second.
HASHES_AT_ONCE = env.integer("HASHES_AT_ONCE", 1, most=100)
HASHES_WAITING = env.integer("HASHES_WAITING", 20, least=0, most=1000)
HASH_WAIT_SECONDS = env.integer("HASH_WAIT_SECONDS", 10, most=60)

# Pages for people who aren't signed in, of one web process.
STRANGERS_AT_ONCE = env.integer("STRANGERS_AT_ONCE", 2, most=1000)
STRANGERS_WAITING = env.integer("STRANGERS_WAITING", 100, least=0, most=10_000)
STRANGER_WAIT_SECONDS = env.integer("STRANGER_WAIT_SECONDS", 10, most=60)

# Of one connection to the web.
HEAD_SECONDS = env.integer("HEAD_SECONDS", 15, most=3600)
BODY_SECONDS = env.integer("BODY_SECONDS", 30, most=3600)
# A longer body gets a second more for each of so many bytes, and a reader's pause ends after such
# a second.
BODY_BYTES_PER_SECOND = env.integer("BODY_BYTES_PER_SECOND", 10_000, most=100_000_000)
KEEP_ALIVE_SECONDS = env.integer("KEEP_ALIVE_SECONDS", 5, most=3600)
READ_SECONDS = env.integer("READ_SECONDS", 60, most=3600)
# Connections whose request isn't whole yet, or that are kept for another.
WAITING_CONNECTIONS = env.integer("WAITING_CONNECTIONS", 500, least=10)
WAITING_PER_ADDRESS = env.integer("WAITING_PER_ADDRESS", 100, least=10)


AMOUNTS = (
    Amount("SOCKETS_PER_USER", "open live pages", "person, in one web process", "code 4429"),
    Amount("MAX_RUNNING_ROADMAPS", "roadmaps designed or written at once", "person", SENTENCE),
    Amount("STORED_ROADMAPS", "roadmaps kept, the trash included", "person", DELETE),
    Amount(
        "STORED_COURSE_BYTES",
        "bytes of the texts of courses when another is imported or copied, compressed",
        "person",
        DELETE,
    ),
    Amount(
        "STORED_EXPORT_BYTES",
        "bytes of files that a worker wrote when another is asked for",
        "person",
        DELETE,
    ),
    Amount("IMPORT_MAX_BYTES", "bytes of an imported course", "import", SENTENCE),
    Amount("EXPORT_SECONDS", "seconds of a processor", "written file", TOO_LARGE),
    Amount("EXPORT_MEMORY_MB", "MB of memory", "written file", TOO_LARGE),
    Amount("EXPORT_MAX_BYTES", "bytes", "written file", TOO_LARGE),
    Amount("DRAW_SECONDS", "seconds of a processor", "drawn tutorial", "plain code, or plain text"),
    Amount("WEB_STATEMENT_SECONDS", "seconds of the database; 0: no limit", "statement", STOPPED),
    Amount(
        "HASHES_AT_ONCE",
        "passwords checked or set at once",
        "web process",
        _TURN,
    ),
    Amount("HASHES_WAITING", "passwords that wait for a turn", "web process", TRY_LATER),
    Amount("HASH_WAIT_SECONDS", "seconds of such a wait", "request", TRY_LATER),
    Amount("STRANGERS_AT_ONCE", "strangers' pages made at once", "web process", _TURN),
    Amount("STRANGERS_WAITING", "strangers' pages that wait for a turn", "web process", TRY_LATER),
    Amount("STRANGER_WAIT_SECONDS", "seconds of such a wait", "request", TRY_LATER),
    Amount("HEAD_SECONDS", "seconds until a request's head is whole", "connection", TOO_SLOW),
    Amount("BODY_SECONDS", "seconds until its body is whole", "connection", TOO_SLOW),
    Amount(
        "BODY_BYTES_PER_SECOND",
        "bytes for which a longer body gets one more second",
        "connection",
        TOO_SLOW,
    ),
    Amount("KEEP_ALIVE_SECONDS", "seconds without a next request", "connection", CLOSED),
    Amount("READ_SECONDS", "seconds in which nothing of an answer is read", "connection", CLOSED),
    Amount(
        "WAITING_CONNECTIONS",
        "connections without a whole request",
        "web process",
        "the oldest of the busiest address is closed",
    ),
    Amount(
        "WAITING_PER_ADDRESS",
        "connections without a whole request; not behind a proxy",
        "address, in one web process",
        "its oldest one is closed",
    ),
    Amount("LLM_CONCURRENCY", "model calls at once", "provider", WAITS),
    Amount("LLM_REQUESTS_PER_MINUTE", "model calls a minute; 0: no limit", "provider", WAITS),
    Amount("LLM_TOKENS_PER_MINUTE", "tokens a minute; 0: no limit", "provider", WAITS),
    Amount(
        "LLM_ANSWER_MAX_BYTES", "bytes of one answer", "model call", "a shorter one is asked for"
    ),
    Amount("LLM_MAX_TOKENS", "tokens of one answer", "model call", "the answer ends there"),
    Amount(
        "LINK_CHECKS_PER_HOUR",
        "addresses of resources asked an hour",
        "installation",
        "asked later",
    ),
)
