"""Facts as data: the pack's tables and rules, overridden by those of the user's packs."""
