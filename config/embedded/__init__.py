"""PostgreSQL and Redis of one machine, for a checkout without DATABASE_URL or REDIS_URL.

Every process of the checkout shares them, and the last one that leaves stops them. Packages other
than Python's own are imported late, so that the keeper (`__main__.py`) needs little memory.
"""

from config.embedded.errors import EmbeddedServiceError
from config.embedded.services import EmbeddedServices

__all__ = ["EmbeddedServiceError", "EmbeddedServices"]
