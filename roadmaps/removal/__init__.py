"""Removal: trash, erasure, retention, and the data that a person may take along."""
