"""Facts as data: the pack's tables and rules, merged with those of the user's packs."""
