"""Where everything is joined: settings, container, logging, the ASGI application, the command line."""
