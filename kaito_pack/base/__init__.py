"""The foundation: problems, field paths, JSON trees, message text, kubectl and the cache folder."""
