"""Times in people's words."""

from django import template

from roadmaps.people.time_zones import ago

register = template.Library()
register.filter(ago)
