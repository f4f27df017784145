"""Troth: the customer side of a hosted-services company, whose privacy statement is the program.

Standard library only: `troth.verify` must import on a machine that has nothing but Python.
"""

__version__ = "0.1.0"
