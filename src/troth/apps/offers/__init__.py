"""Joint offers: what we promote together with partners, who is interested, and what of it a partner gets.

clause: share.joint-offers
"""
