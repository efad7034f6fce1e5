"""A report as other programs want it: JSON, GitHub's annotations, SARIF."""
