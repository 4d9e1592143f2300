"""Times as they are in logs: short, sortable, the same for everybody."""

DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y-m-d H:i"
MONTH_DAY_FORMAT = "j M"
