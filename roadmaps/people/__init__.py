"""People as the site sees them: names, languages, time zones, and its address in their mails."""
