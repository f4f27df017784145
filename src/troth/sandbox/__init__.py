"""The sample installation's payment processor: another company, on an origin and in a process of its own.

It takes test cards and PayPal-like approvals, keeps nothing when it ends, and knows the house by its address alone.
Standard library only; the house never imports it, and it never imports the house.
"""
