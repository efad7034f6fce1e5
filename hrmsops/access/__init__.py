"""How the databases of an environment are reached: by which way, and with which password."""
