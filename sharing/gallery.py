"""The gallery: courses that their owners have opted to show to everybody."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sharing.models import Share

PAGE_SIZE = 18
SEARCH_MAX = 200  # characters


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    search = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:SEARCH_MAX]
    language = request.GET.get("language", "")[:35].replace("\x00", "")
    listed = Share.objects.listed()
    languages = listed.values_list("roadmap__language", flat=True).order_by().distinct()

    matches = listed
    if search:
        matches = matches.search(search)
    if language:
        matches = matches.filter(roadmap__language=language)
    shares = (
        matches.annotate(
            concepts=Count("roadmap__concepts"), minutes=Sum("roadmap__concepts__minutes")
        )
        .select_related("roadmap")
        .prefetch_related("roadmap__stages")
        .order_by("-uses", "-listed_at", "-pk")
    )

    context: dict[str, Any] = {
        "page": Paginator(shares, PAGE_SIZE).get_page(request.GET.get("page")),
        "search": search,
        "language": language,
        "languages": sorted(languages),
    }
    return render(request, "sharing/gallery.html", context)
