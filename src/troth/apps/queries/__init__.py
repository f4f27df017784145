"""Queries: SQL over what lies in a workspace, in a process of its own that reaches nothing else."""
