"""Serve the library with the threaded server behind `manage.py runserver`, on a free port."""

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application


class PromptHandler(WSGIRequestHandler):
    """Send the body right after the headers: on a kept connection it would wait 40 ms."""

    disable_nagle_algorithm = True


def main() -> None:
    """Serve until terminated, after telling the parent process which port."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), PromptHandler)
    server.set_app(get_wsgi_application())
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
