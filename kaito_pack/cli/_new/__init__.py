"""`render.py new`: the options that answer its questions, and the questions in a terminal."""
