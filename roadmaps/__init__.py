"""Roadmaps: from a learner's goal to a plan that a person has reviewed."""
