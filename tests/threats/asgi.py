import os

from django.core.asgi import get_asgi_application

from .sockets import block

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.threats.settings")
block()

application = get_asgi_application()
