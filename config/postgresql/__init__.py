"""Django's PostgreSQL backend with time limits for connections and statements."""
