"""Pages of a person's notices: the bell, the list, and the end of their emails."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts import mail
from accounts.models import Channel, Notice, NoticeKind, Preferences
from roadmaps.pages.errors import NothingThere
from roadmaps.people.numbers import whole_number

PAGE_SIZE = 30


@login_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    rows = Notice.objects.shown_to(request.user).select_related("roadmap")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    unread = any(notice.read_at is None for notice in page) or rows.unread().exists()
    return render(request, "accounts/notice_list.html", {"page": page, "any_unread": unread})


@login_required
@require_safe
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """The link of a notice, which marks it as read and leads to its roadmap."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user.pk, roadmap__deleted_at=None)
    Notice.objects.filter(pk=pk).unread().update(read_at=Now())
    return redirect(notice.link)


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark as read: one notice when its id is sent, else all."""
    rows = Notice.objects.shown_to(request.user)
    if notice_id := request.POST.get("notice"):
        rows = rows.filter(pk=whole_number(notice_id) or 0)
        if not rows.exists():
            raise NothingThere(_("There is no such notice."))
    rows.unread().update(read_at=Now())
    return redirect("notice_list")


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell that an open page refreshes; empty for somebody who has signed out elsewhere."""
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    return render(request, "accounts/_bell.html")


# No token of a form: mail programs send this themselves (RFC 8058). The signed address is the
# right to do it.
@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind an email's link that ends such emails; it needs no sign-in.

    Opening the address changes nothing: mail scanners open all of them.
    """
    try:
        user, kind = mail.read_token(token)
    except ValueError as exc:
        raise NothingThere(_("This link is incomplete, or its account is gone.")) from exc
    context = {"kind": NoticeKind(kind).label, "kinds": [kind]}
    if request.method == "POST":
        kinds = [NoticeKind(kind)]
        if request.POST.get("which") == "all":
            kinds = list(NoticeKind)
        preferences = Preferences.of(user)
        for stopped_kind in kinds:
            preferences.set(stopped_kind, Channel.MAIL, False)
        preferences.save()
        Notice.objects.filter(user=user, kind__in=kinds, mail_due=True).update(mail_due=False)
        messages.success(request, _("You will get no more of these e-mails."))
        context["done"] = True
    return render(request, "accounts/unsubscribe.html", context)
