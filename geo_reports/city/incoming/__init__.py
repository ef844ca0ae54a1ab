"""Layers from outside: what a file holds, what is wrong with it, and how it becomes an edition of a layer."""
