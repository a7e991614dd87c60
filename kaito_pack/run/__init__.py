"""The main job: files are read, rendered, judged and reported, for one target or many."""
