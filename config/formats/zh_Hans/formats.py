"""Formats of times in Chinese: Django's, with the zone, and months without a leading zero."""

DATETIME_FORMAT = "Y年n月j日 H:i T"
MONTH_DAY_FORMAT = "n月j日"
