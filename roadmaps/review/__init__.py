"""Reviews by people: decisions, claims, history, plan edits, links for experts, reminders."""
