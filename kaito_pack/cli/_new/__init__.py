"""The options of `kaito-pack new`, and its questions in a terminal."""
