"""Pages and sockets of learners and invited experts."""
