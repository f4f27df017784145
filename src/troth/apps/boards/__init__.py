"""Boards of the community: sections, topics and what is posted in them (clause public.posts)."""
