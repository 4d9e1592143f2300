"""The gallery: courses that their owners have opted to show to everybody."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sharing.models import Share, gallery_languages

PAGE_SIZE = 18
COURSES_MAX = 30 * PAGE_SIZE  # that pages lead to; a search finds the others
SEARCH_MAX = 200  # characters


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    search = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:SEARCH_MAX]
    language = request.GET.get("language", "")[:35].replace("\x00", "")
    matches = Share.objects.listed()
    if search:
        matches = matches.search(search)
    if language:
        matches = matches.filter(language=language)

    # Nothing is counted: a gallery of any size costs what its first pages cost.
    ordered = matches.order_by("-uses", "-listed_at", "-pk")
    keys = list(ordered.values_list("pk", flat=True)[: COURSES_MAX + 1])
    page = Paginator(keys[:COURSES_MAX], PAGE_SIZE).get_page(request.GET.get("page"))
    rows = (
        Share.objects.without_words()
        .annotate(concepts=Count("roadmap__concepts"))
        .select_related("roadmap")
        .prefetch_related("roadmap__stages")
        .in_bulk(page.object_list)
    )
    shares: list[Any] = [rows[key] for key in page.object_list if key in rows]

    context: dict[str, Any] = {
        "page": page,
        "shares": shares,
        "search": search,
        "language": language,
        "languages": gallery_languages(),
        "has_more": len(keys) > COURSES_MAX,
    }
    return render(request, "sharing/gallery.html", context)
