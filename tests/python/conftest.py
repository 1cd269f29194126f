"""Nothing but a place: it puts this folder on the path, for `import warehouse`."""
