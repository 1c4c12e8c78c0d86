"""Two to four runs side by side: a column for each, curves of all, a table."""
