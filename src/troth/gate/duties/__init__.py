"""Duties of service providers: what each is for, whom it covers, what was handed over under it, how it ends.

begin(...)                      a duty no wider than its clause, or Refused
hand_over(duty, after, most)    the next records, each on record as a disclosure of its own
end(duty)                       nothing more from now on; the provider is asked to delete what it holds
"""
