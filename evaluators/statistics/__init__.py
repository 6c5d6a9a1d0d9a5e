"""Statistics of section 5 of the model: pure functions on numbers, no data access, no opinion.

Every random number comes from a generator seeded by the inputs, so equal inputs give equal results.
"""
