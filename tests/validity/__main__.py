"""Starts the proofs; apart from them, as every process of theirs would read its main module again."""

import sys

from tests.validity.report import main

if __name__ == "__main__":
    sys.exit(main())
