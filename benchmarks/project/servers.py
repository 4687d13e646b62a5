"""What the servers import: the project for WSGI and for ASGI.

Importing it leaves the process id behind, so that the script knows whose CPU time to read: with
gunicorn that is the worker, not the process that was started.
"""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

wsgi = get_wsgi_application()
asgi = get_asgi_application()

(settings.FOLDER / "pid").write_text(str(os.getpid()))
