"""The reference data of the HRMS: what it is, whether it is right, and how it gets into tables."""
