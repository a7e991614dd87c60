"""Asks the Hugging Face Hub for the facts of a model, and keeps them in a catalogue file."""
