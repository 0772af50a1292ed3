"""The film: timeline, built-in painter, compositor, encoder, verification."""
