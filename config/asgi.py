"""The ASGI application: HTTP and WebSockets."""

import logging
import os
import warnings

from django.core.asgi import get_asgi_application

from config import bodies, outages, possible_text, tracing
from logs_app import lines, repeats
from roadmaps.worker import garbage

# whitenoise hands out files as plain iterators; they are short.
warnings.filterwarnings(
    "ignore", message="StreamingHttpResponse must consume synchronous iterators"
)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
tracing.start("web")
django_application = get_asgi_application()  # before anything that imports models

from channels.auth import AuthMiddleware  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import CookieMiddleware, SessionMiddleware  # noqa: E402
from django.urls import get_resolver, re_path  # noqa: E402

from config import origins  # noqa: E402
from roadmaps.engine import loop  # noqa: E402
from roadmaps.operations import process_metrics  # noqa: E402
from roadmaps.pages.consumers import Nobody  # noqa: E402
from roadmaps.routing import websocket_urlpatterns  # noqa: E402

process_metrics.announce_web()
# The server's own lines have handlers of their own.
logging.getLogger("uvicorn.access").addFilter(lines.WithoutKeys())
logging.getLogger("uvicorn.error").addFilter(repeats.OnceAMinute())

sockets = URLRouter([*websocket_urlpatterns, re_path("", Nobody.as_asgi())])
signed_in = possible_text.without_impossible_cookies(SessionMiddleware(AuthMiddleware(sockets)))
pages = ProtocolTypeRouter(
    {
        "http": bodies.bounded(django_application),
        "websocket": process_metrics.counted(origins.OwnPagesOnly(CookieMiddleware(signed_in))),
    }
)
application = outages.bounded(pages, loop.DATABASE_AWAY)
# Pages and admin are imported now, not within the first request.
get_resolver().url_patterns  # noqa: B018
garbage.keep_what_is_here()
