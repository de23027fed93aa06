"""How the server differs from what `jupyter server` does by itself: a password, a folder, no terminals."""

import os
from pathlib import Path

from jupyter_server.auth import passwd

FOLDER = Path(os.environ["LOGBOOK_FOLDER"])

c = get_config()  # noqa: F821  (the server defines it for its configuration files)

c.PasswordIdentityProvider.hashed_password = passwd(os.environ["LOGBOOK_PASSWORD"], algorithm="sha256")
c.PasswordIdentityProvider.password_required = True

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = int(os.environ["LOGBOOK_PORT"])
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.ServerApp.root_dir = str(FOLDER / "files")
c.ServerApp.cookie_secret_file = str(FOLDER / "cookie_secret")
c.ServerApp.jpserver_extensions = {"jupyter_server_terminals": False}
