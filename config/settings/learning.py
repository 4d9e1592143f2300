"""Practice, and the links of a course."""

from config import env

PRACTICE_NEW_PER_DAY = env.integer(
    "PRACTICE_NEW_PER_DAY", 10, least=0
)  # questions never asked before, per person
PRACTICE_RECALLS_PER_DAY = env.integer(
    "PRACTICE_RECALLS_PER_DAY", 60, least=0
)  # questions asked again, per person
LINK_CHECKS_PER_HOUR = env.integer(
    "LINK_CHECKS_PER_HOUR", 200, least=0
)  # addresses of resources; 0: none
LINK_CHECK_DAYS = env.integer("LINK_CHECK_DAYS", 30)  # until an address is asked for again
