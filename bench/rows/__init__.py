"""One module for each row of the table: it fills what it needs, measures, and says what the target was."""
