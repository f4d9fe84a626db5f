"""Sentences of campaign reports made by a grammar, with the quantities that a reader finds in them."""
