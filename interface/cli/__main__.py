"""`python -m interface.cli` is the command `itsm-maturity`."""

from __future__ import annotations

import sys

from interface.cli.app import main

sys.exit(main())
