"""Fills tables: from an organisation of the sandbox, from exported files, or as a fresh instance has them."""
