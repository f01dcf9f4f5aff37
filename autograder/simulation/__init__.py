"""A practice class whose true marks are known."""
