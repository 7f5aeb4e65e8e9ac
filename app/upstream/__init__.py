"""The only place that knows AssemblyAI's HTTP."""
