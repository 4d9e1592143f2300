"""What the browser is told a page may do."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def policy_of(response):
    parts = [
        part.strip().split(" ", 1)
        for part in response.headers["Content-Security-Policy"].split(";")
        if part.strip()
    ]
    return {name: value[0].split() if value else [] for name, *value in parts}


def test_a_page_loads_nothing_from_elsewhere_and_nothing_inline(client):
    policy = policy_of(client.get("/"))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "unsafe" not in str(policy)


def test_the_admin_may_have_its_palette_and_no_other_inline_style_or_script(admin_client):
    response = admin_client.get(reverse("admin:index"))
    policy = policy_of(response)
    assert policy["script-src"] == ["'self'", "'unsafe-eval'"]
    assert policy["style-src-elem"][0] == "'self'"
    assert policy["style-src-elem"][1].startswith("'sha256-")
    assert response.content.count(b"<style") == 1
    assert "unsafe" not in str(policy["style-src-elem"])


@pytest.mark.parametrize("path", ["/", "/admin/login/", "/nothing/"])
def test_every_page_refuses_frames_and_tells_others_nothing(client, path):
    headers = client.get(path).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
