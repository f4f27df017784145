"""The only way out: mail, probes.  Nothing else in the house opens a socket to the outside."""
