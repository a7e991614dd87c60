"""The main job: reads files, renders them, checks the manifests and locates the problems."""
