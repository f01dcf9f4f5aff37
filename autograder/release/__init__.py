"""The tree and the zip that learners get, and the proof that no answer leaks with it."""
