"""A port of this machine that leads to an instance's server side proxy, encrypted on its way."""
