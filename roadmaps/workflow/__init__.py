"""Workflow as a LangGraph graph: steps, state, nodes and prompts; no Django in it."""
