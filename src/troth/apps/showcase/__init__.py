"""Our Customers and what they say: asked for, permitted by the person, shown to anyone (clause public.showcase)."""
