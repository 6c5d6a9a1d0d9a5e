"""Organisations whose level is known, to try the product on."""
