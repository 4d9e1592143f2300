"""Django's PostgreSQL backend with time limits for getting a connection."""
