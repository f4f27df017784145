"""What the `troth` command does, one module for each family of commands."""
