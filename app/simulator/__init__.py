"""A local double of the upstream voice agent service; `python -m app.simulator` serves it alone."""
