"""Reviews by people: decisions, claims, history, edits of the plan, links for experts, reminders."""
