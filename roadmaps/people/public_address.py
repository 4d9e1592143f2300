"""Addresses of this site for e-mails, by PUBLIC_URL and never by a request's Host."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse


def public_address(name: str, *args: object) -> str:
    """The address of the page with that URL name."""
    return settings.PUBLIC_URL.rstrip("/") + reverse(name, args=args)


def on_public_site(address: str) -> str:
    """The same page on this site, wherever `address` says that the site is."""
    parts = urlsplit(address)
    return settings.PUBLIC_URL.rstrip("/") + parts._replace(scheme="", netloc="").geturl()


def public_host() -> str:
    return urlsplit(settings.PUBLIC_URL).netloc
