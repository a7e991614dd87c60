"""Facts as data: tables and rules, with those of the user's packs laid over ours."""
