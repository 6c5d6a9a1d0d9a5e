"""Pull records from a platform, one folder each."""
