"""Benchmarks of Cairn's cost beside its model calls.

Each module measures one thing, against a baseline of the same run.
"""
