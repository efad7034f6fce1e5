"""The craft of large tables: their sizes, cutting them by time, what forbids it. No I/O."""
