"""The options of `render.py new`, and its questions in a terminal."""
