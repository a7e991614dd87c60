"""What is known of the world, read from tables: facts and rules."""
