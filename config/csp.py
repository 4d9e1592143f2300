"""The Content-Security-Policy: nothing from elsewhere, nothing inline; the admin's theme needs two
things more.
"""

import base64
import hashlib
import re
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# The theme's palette, in the head of every page of the admin: the same for all, so its hash may
# run.
_PALETTE = re.compile(rb'<style id="unfold-theme-colors">(.*?)</style>', re.DOTALL)


class PolicyMiddleware(CSPMiddleware):
    _palette_hash = ""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponse, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith(reverse("admin:index")):
            parts.update = self._for_admin(response) | (parts.update or {})
        return parts

    def _for_admin(self, response: HttpResponse) -> dict[str, Any]:
        """Alpine evaluates its attributes, and sets styles by attribute."""
        self._find_palette(response)
        return {
            "script-src": ["'unsafe-eval'"],
            "style-src-elem": [
                "'self'",
                *([f"'sha256-{self._palette_hash}'"] if self._palette_hash else []),
            ],
            "style-src-attr": ["'unsafe-inline'"],
        }

    def _find_palette(self, response: HttpResponse) -> None:
        if self._palette_hash or response.streaming or response.status_code != 200:
            return
        if found := _PALETTE.search(response.content):
            digest = hashlib.sha256(found[1]).digest()
            PolicyMiddleware._palette_hash = base64.b64encode(digest).decode()
