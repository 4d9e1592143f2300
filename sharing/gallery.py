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
    pages = Paginator(_found(search, language), PAGE_SIZE)
    listed = Share.objects.listed()
    context: dict[str, Any] = {
        "page": pages.get_page(request.GET.get("page")),
        "search": search,
        "language": language,
        "languages": sorted(
            listed.values_list("roadmap__language", flat=True).order_by().distinct()
        ),
    }
    return render(request, "sharing/gallery.html", context)


def _found(search: str, language: str) -> Any:
    found = Share.objects.listed()
    if search:
        found = found.search(search)
    if language:
        found = found.filter(roadmap__language=language)
    counted = found.annotate(
        concepts=Count("roadmap__concepts"), minutes=Sum("roadmap__concepts__minutes")
    )
    return (
        counted.select_related("roadmap")
        .prefetch_related("roadmap__stages")
        .order_by("-uses", "-listed_at", "-pk")
    )
