"""Pictures of terminals, made by running what they show: `python -m docs.pictures`."""
