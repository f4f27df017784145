"""Personal models: whose each row is, what is sealed, what is declared clear, and what happens at the end."""
