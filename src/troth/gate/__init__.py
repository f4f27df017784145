"""The one door: every piece of personal data is collected, used, disclosed, kept and erased through here.

Rooms, from the bottom up (each imports only those above it in this list):
`published` the statement in force; `keystore` the keys of data subjects; `schedule` the worker's jobs;
`journal` the ledger's tables; `uses` who may open what, and the record of it; `subjects` personal models, erasure,
retention; `outbound` the only way out; `proving` one answer per clause.
"""
