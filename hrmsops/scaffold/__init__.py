"""Files that hrmsops writes into the HRMS's own repository: what they say, and where they go."""
