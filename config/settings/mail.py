"""Settings of emails, and the address that their links lead to."""

from config import env
from config.settings.folders import VAR_DIR

EMAIL_BACKEND = env.python_class("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", str(VAR_DIR / "mail"))  # of the filebased backend
EMAIL_TIMEOUT = 10  # seconds
EMAIL_HOST = env.host("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, most=65_535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    env.refuse(
        ("EMAIL_USE_TLS", "EMAIL_USE_SSL"),
        "EMAIL_USE_TLS and EMAIL_USE_SSL are both on: keep one of them",
    )
    EMAIL_USE_SSL = False
DEFAULT_FROM_EMAIL = env.mailbox("DEFAULT_FROM_EMAIL", "cairn@localhost")
# Also to addresses that nobody has shown to be theirs, which may be a stranger's.
NOTICES_TO_UNVERIFIED = env.flag("NOTICES_TO_UNVERIFIED", False)
# The address of this site in emails.
PUBLIC_URL = env.url("PUBLIC_URL", ("http", "https")) or "http://127.0.0.1:8000"
