"""Workspaces: where Customers keep their data, who is let in, and the walls between them."""
