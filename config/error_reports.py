"""Django's error pages (DEBUG) and reports of exceptions without the installation's secrets.

Django hides settings by their names; addresses, local variables and messages carry secrets as well.
"""

from django.utils.safestring import SafeString, mark_safe
from django.views import debug

from logs_app.redaction import redact


class ExceptionReporter(debug.ExceptionReporter):
    def get_traceback_html(self) -> SafeString:
        return mark_safe(redact(super().get_traceback_html()))  # noqa: S308 - Django has escaped it

    def get_traceback_text(self) -> SafeString:
        return mark_safe(redact(super().get_traceback_text()))  # noqa: S308 - as Django marks it
