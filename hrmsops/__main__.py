"""`python -m hrmsops`."""

from hrmsops.entry import main

main()
