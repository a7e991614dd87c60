"""The foundation: problems, field paths, sentences, JSON trees, kubectl, and the cache folder."""
