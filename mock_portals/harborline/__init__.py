"""Harborline Provider Exchange: a make-believe hub over four payers, a single-page application."""
