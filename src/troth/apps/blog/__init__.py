"""The blog of the community: staff write, people with an account comment (clause public.posts)."""
