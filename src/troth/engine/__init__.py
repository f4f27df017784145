"""The engine: everything that decides, seals and proves. It knows no framework and does no I/O beyond bytes."""
