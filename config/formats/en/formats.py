"""Formats of times in English as in logs: short, sortable, in the reader's zone, with its name."""

DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y-m-d H:i T"
MONTH_DAY_FORMAT = "j M"
