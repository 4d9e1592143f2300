"""Page of one review, by its sections, and the editor of its plan."""
