"""Built-in author: answers every role without a network or a key."""
