"""Settings of reviews: due times, claims, and decisions."""

from config import env

# From the opening of a review; 0: never due.
REVIEW_DUE_HOURS = env.integer("REVIEW_DUE_HOURS", 48, least=0)
REVIEW_REMIND_HOURS = env.integer("REVIEW_REMIND_HOURS", 4, least=0)  # before it is due
REVIEW_ESCALATE_HOURS = env.integer("REVIEW_ESCALATE_HOURS", 24, least=0)  # after it was due
REVIEW_ESCALATION_EMAILS = env.mailboxes("REVIEW_ESCALATION_EMAILS")  # empty: the superusers
REVIEW_CLAIM_MINUTES = env.integer("REVIEW_CLAIM_MINUTES", 15)  # how long "being reviewed by" holds
REVIEWERS_MAY_DECIDE_OWN = env.flag("REVIEWERS_MAY_DECIDE_OWN", False)  # superusers may in any case
# None: people decide.
AUTO_APPROVE_MIN_SCORE = env.integer_or_none("AUTO_APPROVE_MIN_SCORE", least=1, most=100)
EXPERT_LINK_DAYS = env.integer("EXPERT_LINK_DAYS", 7, most=365)  # how long an expert's link is good
