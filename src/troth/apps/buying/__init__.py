"""Choosing and buying: what is sold and what it costs, orders, invoices."""
