"""Dialogs of a page's actions: they ask before something is done."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action
from unfold.enums import ActionVariant


def confirmed(
    title: str, question: str, *, icon: str, permission: str, danger: bool = False
) -> Any:
    """An Unfold action with a dialog: `title` is on its button, `question` is asked first."""
    variant = ActionVariant.DEFAULT
    if danger:
        variant = ActionVariant.DANGER
    return action(
        description=title,
        icon=icon,
        permissions=[permission],
        variant=variant,
        dialog={
            "title": title,
            "description": question,
            "form_class": None,
            "form_submit_text": title,
        },
    )


def leave_for(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect after a dialog, which was sent by htmx or by a browser without JavaScript."""
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)
