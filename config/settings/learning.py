"""Settings of daily practice, and of a course's links."""

from config import env

# Questions never asked before, per person.
PRACTICE_NEW_PER_DAY = env.integer("PRACTICE_NEW_PER_DAY", 10, least=0)
# Questions asked again, per person.
PRACTICE_RECALLS_PER_DAY = env.integer("PRACTICE_RECALLS_PER_DAY", 60, least=0)
# Addresses of resources; 0: none.
LINK_CHECKS_PER_HOUR = env.integer("LINK_CHECKS_PER_HOUR", 200, least=0)
LINK_CHECK_DAYS = env.integer("LINK_CHECK_DAYS", 30)  # until an address is asked for again
