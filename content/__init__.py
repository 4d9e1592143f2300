"""Content of a course: tutorials, resources and quizzes, their generation, and exports."""
