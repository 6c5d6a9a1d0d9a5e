"""Results as text for people on a terminal."""
