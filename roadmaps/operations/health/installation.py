"""Checks of the installation: models, e-mail, static files, secrets, disk."""

import shutil
import smtplib

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.core.mail import get_connection

from roadmaps import llm
from roadmaps.exceptions import LLMError
from roadmaps.operations.health.finding import Finding, fail, first_line, ok, warn

SECRET_LEAST = 50  # characters; Django's own measure
DISK_WARN_BYTES, DISK_FAIL_BYTES = 1_000_000_000, 200_000_000
ONLY_SHOWN = ("console", "locmem", "dummy", "filebased")
PACKAGES = ("vendor/pico.min.css", "vendor/mermaid.min.js")


def models() -> list[Finding]:
    """The models of all roles: each can be made, or the settings are wrong."""
    try:
        for role in settings.LLM_ROLES:
            llm.chat_model(role)
    except LLMError as exc:
        return fail(str(exc))
    if llm.without_model():
        return ok(
            "no model is connected, the built-in author answers;"
            " LLM_MODEL and LLM_API_KEY connect one"
        )
    return ok(f"the plan is designed by {llm.model_label('curriculum')}")


def reach() -> list[Finding]:
    """Answers of the models' servers, each asked by the cheapest call there is."""
    roles: dict[str, str] = {}  # by model: the first of its roles is enough
    for role in settings.LLM_ROLES:
        roles.setdefault(llm.model_label(role), role)

    findings: list[Finding] = []
    for label, role in roles.items():
        try:
            has_answered = llm.reach(role)
        except LLMError as exc:
            remedy = "see LLM_BASE_URL, LLM_API_KEY and the provider's own status"
            findings += fail(f"{label} can't be reached: {exc}", remedy)
            continue
        if has_answered:
            findings += ok(f"{label} answers")
        else:
            findings += ok(f"{label} is known by its first call: it has no cheap one")
    return findings


def mail() -> list[Finding]:
    backend = settings.EMAIL_BACKEND
    if any(name in backend for name in ONLY_SHOWN):
        name = backend.rpartition(".")[0].rpartition(".")[2]
        remedy = "set EMAIL_BACKEND=django.core.mail.backends.smtp.EmailBackend and EMAIL_HOST"
        return warn(f"e-mail leaves this machine nowhere ({name})", remedy)
    try:
        with get_connection():
            return ok(f"the mail server {settings.EMAIL_HOST} answers")
    except ImportError:
        return fail(f"EMAIL_BACKEND={backend} is no mail backend", "see Django's list of them")
    except (OSError, smtplib.SMTPException) as exc:
        remedy = "see EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS and the password"
        return fail(
            f"the mail server {settings.EMAIL_HOST} does not take us: {first_line(exc)}", remedy
        )


def static_files() -> list[Finding]:
    missing = [name for name in PACKAGES if not finders.find(name)]
    if missing:
        return fail(
            f"the pages' packages are missing ({', '.join(missing)})",
            "run templates/packages/install",
        )
    if settings.HTTPS and not any(settings.STATIC_ROOT.iterdir()):
        return warn(
            "static files are looked up in the code at every start", "run manage.py collectstatic"
        )
    return ok("static files are there")


def secrets() -> list[Finding]:
    if not settings.SECRET_KEY_GIVEN:
        text = (
            "SECRET_KEY was made for this folder alone:"
            " other machines would not know this one's sessions"
        )
        remedy = "set SECRET_KEY or SECRET_KEY_FILE, the same everywhere"
        if settings.HTTPS:
            return fail(text, remedy)
        return warn(text, remedy)
    if len(settings.SECRET_KEY) < SECRET_LEAST:
        return warn(
            f"SECRET_KEY has less than {SECRET_LEAST} characters",
            "make one with secrets.token_urlsafe(64)",
        )
    return ok("SECRET_KEY is set")


def second_factors() -> list[Finding]:
    """The oldest secret of a second factor: where the key is lost, it can't be read."""
    kept = Authenticator.objects.filter(type=Authenticator.Type.TOTP).order_by("pk").first()
    if kept is None:
        return ok("nobody has set up a second factor yet")
    try:
        decrypt(kept.data["secret"])
    except ValidationError:
        return fail(
            "second factors can't be read by this SECRET_KEY: their people can't sign in",
            "set the SECRET_KEY of before, or name it in SECRET_KEY_FALLBACKS",
        )
    return ok("second factors can be read")


def disk() -> list[Finding]:
    free = shutil.disk_usage(settings.VAR_DIR).free
    text = f"{free / 1e9:.1f} GB are free for {settings.VAR_DIR}"
    remedy = "make room: PostgreSQL and Redis stop writing on a full disk"
    if free < DISK_FAIL_BYTES:
        return fail(text, remedy)
    if free < DISK_WARN_BYTES:
        return warn(text, remedy)
    return ok(text)
