"""All that knows ASGI or FastAPI: server, middleware, routes and files."""
