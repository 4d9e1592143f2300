"""Artifacts of a concept: kinds, prompts, generation by a model, rewrites of a single one."""
