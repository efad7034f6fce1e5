"""`python -m hrmsops`."""

from hrmsops.cli import main

main()
