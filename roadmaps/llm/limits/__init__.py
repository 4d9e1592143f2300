"""Limits of model calls that all processes share: concurrency, requests and tokens a minute."""
