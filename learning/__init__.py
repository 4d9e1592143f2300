"""Learning: places and notes, completion, quizzes, practice by spaced repetition, progress."""
