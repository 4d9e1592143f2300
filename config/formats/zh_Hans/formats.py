"""Times as Django writes them in Chinese, but for a month without a leading zero."""

MONTH_DAY_FORMAT = "n月j日"
