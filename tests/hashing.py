"""Password hashing in one round: the tests make a person or two each, and guess no passwords."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Django's usual hasher in its usual format, so that processes without this setting check it."""

    iterations = 1
