"""Can we do all this here? What every command needs, looked at before it is needed."""
