"""Records: collections with fields of the Customer's own, kept sealed, found by the fields they chose to search."""
