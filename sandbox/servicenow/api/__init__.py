"""The web services of an instance."""
