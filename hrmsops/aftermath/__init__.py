"""What is left to do after a run, and what to tell people: from the record, changing nothing."""
