"""The web services of a site."""
