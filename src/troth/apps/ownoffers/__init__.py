"""Promotional offers of the Company's own: shown by rules, answered by a form, taken back.

clause: use.personalise, navigation.anonymous
"""
