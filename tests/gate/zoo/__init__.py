"""An app of the tests: personal models with every kind of edge, and every kind of value."""
