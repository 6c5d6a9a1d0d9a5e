"""Record kinds, the evidence store, history and its migrations."""
