"""The browser's files: as they are written, or linked, small and kept for good."""
