"""Proof that the product tells the truth: public logs, organisations of known level, kills.

`make validate` runs all of it and writes docs/validity.md; `make test` runs a short seeded part.
"""
