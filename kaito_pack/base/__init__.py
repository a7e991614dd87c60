"""The foundation: problems, field paths, JSON trees, words for messages, kubectl, the cache folder."""
