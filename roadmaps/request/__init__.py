"""Requests of roadmaps: form, questions back, estimate, and how much may run at once."""
