"""Building blocks of admin pages: filters, paging, dialogs, rows that are only looked at."""
