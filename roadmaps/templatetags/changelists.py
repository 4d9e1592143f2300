"""Template tags of admin lists: their active filters."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("admin/_active_filters.html", takes_context=True)
def chips(context: Any, changelist: Any) -> dict[str, Any]:
    """Active filters of `changelist`, each a link that removes it."""
    # Not at the top: the admin registers its pages after Django has read its tags.
    from roadmaps.admin.base.active_filters import active_filters, without_filters

    request = context["request"]
    return {"chips": active_filters(request, changelist), "clear": without_filters(request)}
