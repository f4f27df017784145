"""Chat rooms: staff make them, anyone reads along, people with an account say something (clause public.posts)."""
