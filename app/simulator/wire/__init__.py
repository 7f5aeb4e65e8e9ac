"""The messages of the wire: read, checked and built."""
