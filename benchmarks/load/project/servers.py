"""What the servers import. Each worker leaves its process id behind, so that it can be looked at."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

wsgi = get_wsgi_application()
asgi = get_asgi_application()

(settings.FOLDER / f"{os.getpid()}.worker").touch()
