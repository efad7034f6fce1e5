"""The bridge to the HRMS's own Django: our side of it, and the agent that runs on the other."""
