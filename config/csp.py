"""The Content-Security-Policy: nothing from other sites, nothing inline.

The admin's theme needs three exceptions.
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
            self._find_palette(response)
            style_sources = ["'self'"]
            if self._palette_hash:
                style_sources.append(f"'sha256-{self._palette_hash}'")
            # Alpine evaluates its attributes, and sets styles by attribute.
            exceptions: dict[str, Any] = {
                "script-src": ["'unsafe-eval'"],
                "style-src-elem": style_sources,
                "style-src-attr": ["'unsafe-inline'"],
            }
            parts.update = exceptions | (parts.update or {})
        return parts

    def _find_palette(self, response: HttpResponse) -> None:
        """Keep the hash of the palette, from the first page that has one."""
        if self._palette_hash or response.streaming or response.status_code != 200:
            return
        if palette := _PALETTE.search(response.content):
            digest = hashlib.sha256(palette[1]).digest()
            PolicyMiddleware._palette_hash = base64.b64encode(digest).decode()
