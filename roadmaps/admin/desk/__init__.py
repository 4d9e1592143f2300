"""Review desk: the inbox, its tabs and filters, actions on one review or on many."""
