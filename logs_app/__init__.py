"""Execution log: events leave the process at once, batches reach the table, pages read both.

Also what every log line needs: its form, its ids, and no secret in it.
"""
