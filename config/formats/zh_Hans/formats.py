"""Times as Django writes them in Chinese, but for a month without a leading zero, and with the
zone.
"""

DATETIME_FORMAT = "Y年n月j日 H:i T"
MONTH_DAY_FORMAT = "n月j日"
