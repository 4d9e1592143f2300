"""Operator's pages: dashboard, system, failures, usage, model calls, task results, log."""
