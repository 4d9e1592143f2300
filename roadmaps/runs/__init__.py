"""Runs of a roadmap's thread, and what a stop of the thread means for its rows."""
