"""Plan as typed data: its shape, edits by operations, rules, differences, picture."""
