"""Says what would be migrated, and migrates or takes back: one statement after another."""
