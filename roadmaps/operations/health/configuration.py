"""Settings that were refused, misspelt, dangerous, or that contradict each other."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.http.request import validate_host
from django.urls import Resolver404, resolve

from roadmaps.operations.health.finding import FAIL, WARN, Finding, fail, ok, warn


def settings_read() -> list[Finding]:
    """Wrong values and misspelt names; the other checks use the default of a wrong value."""
    findings: list[Finding] = []
    for sentence in settings.REFUSED_SETTINGS:
        findings += fail(sentence, "correct or unset it")
    for name, meant in settings.MISSPELT_SETTINGS.items():
        findings += warn(
            f"{name} is no setting of Cairn: did you mean {meant}?", f"rename {name}, or unset it"
        )
    return findings or ok("every setting is understood")


def debug() -> list[Finding]:
    if not settings.DEBUG:
        return ok("DEBUG is off")
    if reached := reached_by_others():
        return fail(f"DEBUG is on, and others can come ({reached})", "unset DEBUG")
    return warn(
        "DEBUG is on: who meets an error on this machine sees settings and code",
        "unset DEBUG where others can come",
    )


def reached_by_others() -> str:
    """The first setting by which people on other machines reach this site; empty for none."""
    for name in ("HTTPS", "BEHIND_PROXY"):
        if getattr(settings, name):
            return f"{name} is on"
    for host in settings.ALLOWED_HOSTS:
        if not is_local(host):
            return f"ALLOWED_HOSTS names {host}"
    if not is_local(urlsplit(settings.PUBLIC_URL).hostname or ""):
        return f"PUBLIC_URL is {settings.PUBLIC_URL}"
    return ""


def is_local(host: str) -> bool:
    """Whether a name or an address can only mean the machine of who asks for it."""
    name = host.strip("[].").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def addresses() -> list[Finding]:
    """Addresses of the site itself: the links in e-mails, and the admin."""
    public = urlsplit(settings.PUBLIC_URL)
    findings: list[Finding] = []
    if not validate_host(public.hostname or "", settings.ALLOWED_HOSTS):
        text = (
            f"links in e-mails lead to {settings.PUBLIC_URL},"
            " a host that ALLOWED_HOSTS does not name"
        )
        findings += warn(text, "set PUBLIC_URL to the address that people open, and name its host")
    if settings.HTTPS and public.scheme != "https":
        findings += warn(
            f"HTTPS is on, and PUBLIC_URL is {settings.PUBLIC_URL}",
            "let PUBLIC_URL begin with https://",
        )
    try:
        view_name = resolve(f"/{settings.ADMIN_PATH}").view_name
    except Resolver404:
        view_name = ""
    if view_name != "admin:index":
        findings += fail(
            f"ADMIN_PATH={settings.ADMIN_PATH} is the address of another page",
            "choose another path",
        )
    return findings or ok("the site's addresses agree with each other")


def limits() -> list[Finding]:
    """Limits and settings that make each other useless."""
    findings: list[Finding] = []
    due, remind = settings.REVIEW_DUE_HOURS, settings.REVIEW_REMIND_HOURS
    if due and remind > due:
        text = (
            f"REVIEW_REMIND_HOURS ({remind}) is more than REVIEW_DUE_HOURS ({due}):"
            " reviewers are reminded at once"
        )
        findings += warn(text, "lower REVIEW_REMIND_HOURS, or raise REVIEW_DUE_HOURS")
    for shorter, longer in (
        ("LLM_TIMEOUT_SECONDS", "NODE_TIMEOUT_SECONDS"),
        ("NODE_TIMEOUT_SECONDS", "RUN_TIMEOUT_SECONDS"),
    ):
        less, more = getattr(settings, shorter), getattr(settings, longer)
        if less > more:
            text = f"{shorter} ({less}) is more than {longer} ({more})"
            findings += warn(f"{text}, which ends it before", f"lower {shorter}, or raise {longer}")
    if not (settings.LLM_MODEL or settings.LLM_MODELS):
        for name in ("LLM_BASE_URL", "LLM_API_KEY"):
            if getattr(settings, name):
                findings += warn(f"{name} is set, and no model that would use it", "set LLM_MODEL")
    return findings or ok("no setting contradicts another")


def framework() -> list[Finding]:
    """Django's own checks of the settings and the code."""
    findings: list[Finding] = []
    for message in checks.run_checks():
        if message.level >= checks.WARNING and not message.is_silenced():
            remedy = message.hint or f"see {message.id} in Django's list of system checks"
            state = FAIL if message.is_serious() else WARN
            findings.append(Finding(state, message.msg, remedy))
    return findings or ok("Django's own checks find nothing")
