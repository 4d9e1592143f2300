"""Worker processes: warm-up before the first task, bounds, hand-over at a stop."""
