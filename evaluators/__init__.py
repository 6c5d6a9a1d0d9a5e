"""Records to indicators, indicators to attributes, attributes to levels."""
